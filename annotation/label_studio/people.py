"""An annotator's account in Label Studio, made through the invite.

`POST /api/users/` looks like the way and ignores the password; the sign-up form with the
organization's invite is what makes an account that can log in.
"""

import re

import httpx

from annotation.label_studio.errors import Refused, Unreachable

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def create_annotator(*, base_url: str, invite: str, email: str, password: str) -> bool:
    """Make an account that can log in; False when one with this e-mail and password exists.

    Raises Refused when the e-mail exists with another password or the form is not taken, and
    Unreachable.
    """
    try:
        with httpx.Client(base_url=base_url.rstrip("/"), timeout=30) as browser:
            if _log_in(browser, email, password):
                return False
        with httpx.Client(base_url=base_url.rstrip("/"), timeout=30) as browser:
            path = f"/user/signup/?token={invite}"
            answer = _submit(browser, path, email, password)
            if answer.status_code != 302:
                raise Refused(answer.status_code, "sign-up: the e-mail exists or is not taken")
            return True
    except httpx.HTTPError as error:
        raise Unreachable(f"no answer: {type(error).__name__}") from error


def _log_in(browser: httpx.Client, email: str, password: str) -> bool:
    return _submit(browser, "/user/login/", email, password).status_code == 302


def _submit(browser: httpx.Client, path: str, email: str, password: str) -> httpx.Response:
    page = browser.get(path)
    if page.status_code >= 500:
        raise Unreachable(f"answered {page.status_code}")
    found = _CSRF.search(page.text)
    if page.status_code != 200 or found is None:
        raise Refused(page.status_code, "no form here: is the invite right?")
    return browser.post(
        path,
        data={
            "email": email,
            "password": password,
            "csrfmiddlewaretoken": found.group(1),
            "allow_newsletters": "false",
        },
        headers={"Referer": f"{str(browser.base_url).rstrip('/')}{path}"},
    )
