"""Carry TLS connections from this network to the object store on loopback, byte for byte.

The Host header stays as it was signed, so presigned addresses hold. Only used by `PUBLIC=1`;
production has a proxy of its own.
"""

import argparse
import asyncio
import contextlib
import ssl

_CHUNK = 64 * 1024


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(_CHUNK):
        target.write(chunk)
        await target.drain()


async def _relay(
    phone_in: asyncio.StreamReader, phone_out: asyncio.StreamWriter, *, port: int
) -> None:
    """Join one connection to the store; when one side ends, both do."""
    store_out: asyncio.StreamWriter | None = None
    try:
        store_in, store_out = await asyncio.open_connection("127.0.0.1", port)
        copies = [
            asyncio.create_task(_copy(phone_in, store_out)),
            asyncio.create_task(_copy(store_in, phone_out)),
        ]
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        for copy in copies:
            copy.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
    except OSError:
        # The phone went away or the store is restarting; the phone tries again by itself.
        return
    finally:
        for writer in (store_out, phone_out):
            if writer is not None:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()


async def serve(*, listen: int, to: int, certificate: str, key: str) -> None:
    """Listen on every address of this machine until cancelled."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(
        lambda reader, writer: _relay(reader, writer, port=to),
        host="0.0.0.0",  # noqa: S104 - being reached from the network is its purpose
        port=listen,
        ssl=context,
    )
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--to", type=int, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            serve(
                listen=options.listen,
                to=options.to,
                certificate=options.certificate,
                key=options.key,
            )
        )


if __name__ == "__main__":
    main()
