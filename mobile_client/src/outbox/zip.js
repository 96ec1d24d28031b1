/** Pure: write a ZIP whose files are stored as they are (APPNOTE 6.3.3, method 0): sound is dense. */

const CRCS = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
/** Names are UTF-8. */
const UTF8 = 0x800;

/**
 * @param {Uint8Array} bytes
 * @returns {number} CRC-32 as ZIP and PNG have it, unsigned
 */
export function crc32(bytes) {
  let crc = -1;
  for (let at = 0; at < bytes.length; at++) {
    crc =
      /** @type {number} */ (CRCS[(crc ^ /** @type {number} */ (bytes[at])) & 255]) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/**
 * Little-endian fields, one after the other.
 *
 * @param {...[bytes: 2 | 4, value: number]} fields
 */
function record(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return view.buffer;
}

/** @param {Date} now the time that its files bear */
export function startZip(now) {
  /** In order; the files are Blobs, which the browser may keep on the disk.
   * @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let size = 0;
  let directorySize = 0;
  let files = 0;
  // MS-DOS time: years since 1980, and every other second.
  const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const date = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();

  return {
    /**
     * @param {string} name
     * @param {ArrayBuffer} bytes may be forgotten by the caller then: they are not held here
     */
    add(name, bytes) {
      const letters = new TextEncoder().encode(name);
      const { byteLength } = bytes;
      /** @type {[2 | 4, number][]} */
      const facts = [
        [2, 20],
        [2, UTF8],
        [2, 0],
        [2, time],
        [2, date],
        [4, crc32(new Uint8Array(bytes))],
        [4, byteLength],
        [4, byteLength],
        [2, letters.length],
        [2, 0],
      ];
      const entry = record([4, 0x02014b50], [2, 20], ...facts, [4, 0], [2, 0], [4, 0], [4, size]);
      directory.push(entry, letters);
      directorySize += entry.byteLength + letters.length;
      const head = record([4, 0x04034b50], ...facts);
      parts.push(head, letters, new Blob([bytes]));
      size += head.byteLength + letters.length + byteLength;
      files++;
    },

    /** @returns {BlobPart[]} the whole file */
    end: () => [
      ...parts,
      ...directory,
      record(
        [4, 0x06054b50],
        [4, 0],
        [2, files],
        [2, files],
        [4, directorySize],
        [4, size],
        [2, 0],
      ),
    ],
  };
}
