"""What can go wrong at the door to Label Studio, by what the caller may do next.

DoorError
├── Unreachable    no usable answer; the request may or may not have been carried out
│   └── Unreached  no connection: the request was never sent
├── Unauthorised   401 or 403: nothing was done, and repeating will not help
└── Refused        any other 4xx: nothing was done, and the request itself is at fault
"""


class DoorError(Exception):
    """Label Studio did not do what was asked; the message never holds a token or a task's text."""


class Unreachable(DoorError):
    """No connection, a timeout, a 5xx, or an answer that is not Label Studio's.

    The server may have done the work all the same: look before sending again.
    """


class Unreached(Unreachable):
    """No connection could be made: whatever was to be done was certainly not done."""


class Unauthorised(DoorError):
    """The token is refused: revoked, expired, or legacy tokens were switched off."""

    def __init__(self, status: int) -> None:
        super().__init__(f"Label Studio refused the token ({status})")
        self.status = status


class Refused(DoorError):
    """The server understood the request and will not do it; nothing was written."""

    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(f"Label Studio refused the request ({status}) {detail}".strip())
        self.status = status
        self.detail = detail
