"""Routes of accounts, of one's own password, and of keys."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from mien.domain.accounts import Account
from mien.domain.errors import AccountError
from mien.service.access.entrance import LoginRefused, TooManyFailures
from mien.service.access.gate import Caller, address_of, caller
from mien.service.accounts.accounts import AccountChange, AccountKeeping
from mien.service.accounts.schemas import (
    Accounts,
    AccountTold,
    ChangedAccount,
    KeyIssued,
    KeyTold,
    NewAccount,
    NewApiKey,
    NewPassword,
    etag_of,
)
from mien.service.area import Area, area
from mien.service.paging import After, Limit, Page, number_after
from mien.service.problems import problem, too_many
from mien.service.repeats import Repeats, Sent, digest_of_asked
from mien.service.revisions import IfMatch, check_revision
from mien.service.sessions.routes import let_in
from mien.service.sessions.schemas import LoggedIn

_ANOTHER = "remove it, and make another one under another Idempotency-Key"
_MOST = 2**53  # what every reader of JSON takes for the same number
Id = Annotated[int, Path(ge=1, le=_MOST)]
Who = Annotated[Caller, Depends(caller)]


def build(keeping: AccountKeeping) -> Area:
    """The routes over what keeps accounts."""
    router, repeats = area("accounts"), Repeats(keeping.clock)

    @router.get("/accounts")
    def accounts(
        after: Annotated[int, Query(ge=0, le=_MOST)] = 0, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Accounts:
        found = keeping.accounts(after, limit + 1)  # one more tells whether there is another page
        items = [AccountTold.of(one) for one in found[:limit]]
        return Accounts(items=items, next=items[-1].account_id if len(found) > limit else None)

    @router.post("/accounts", status_code=HTTPStatus.CREATED)
    def add(sent: Sent, asked: NewAccount, response: Response) -> AccountTold:
        def added() -> int:
            return keeping.add(asked.name, asked.role, asked.password or "", asked.person_id).account_id

        made = repeats.once(sent.account_id, sent.key, digest_of_asked("account", asked), added)
        return _told(keeping.account(made), response)  # as it is now: of whoever was forgotten since nothing is told

    @router.patch("/accounts/{account_id}")
    def change(account_id: Id, asked: ChangedAccount, response: Response, match: IfMatch = None) -> AccountTold:
        changed = keeping.change(account_id, AccountChange(**asked.model_dump()), _seen(keeping, account_id, match))
        return _told(changed, response)

    @router.delete("/accounts/{account_id}", status_code=HTTPStatus.NO_CONTENT)
    def remove(account_id: Id, match: IfMatch = None) -> None:
        keeping.remove(account_id, _seen(keeping, account_id, match))

    _add_password(router, keeping)
    _add_keys(router, keeping, repeats)
    return router


def _seen(keeping: AccountKeeping, account_id: int, match: str | None) -> Account | None:
    """The account that a change is bound to, if it is bound: it is changed as it was looked at, or not at all."""
    if match is None:
        return None
    account = keeping.account(account_id)
    check_revision(match, etag_of(account), f"account {account_id}")
    return None if match.strip() == "*" else account


def _told(account: Account, response: Response) -> AccountTold:
    answer = AccountTold.of(account)
    response.headers["etag"] = answer.etag
    return answer


def _add_password(router: Area, keeping: AccountKeeping) -> None:
    @router.post("/account/password", response_model=LoggedIn)
    def set_password(who: Who, asked: NewPassword, request: Request, response: Response) -> LoggedIn | Response:
        try:
            opened = keeping.set_password(who.account, asked.current, asked.new, address_of(request))
        except TooManyFailures as error:
            return too_many(str(error), error.wait.total_seconds())
        except LoginRefused:
            return problem(HTTPStatus.FORBIDDEN, "the current password is not right")
        return let_in(opened, request, response)


def _add_keys(router: Area, keeping: AccountKeeping, repeats: Repeats) -> None:
    @router.get("/keys")
    def keys(who: Who, after: After = None, limit: Limit = 50) -> Page[KeyTold]:
        found = keeping.keys(who.account, number_after(after), limit + 1)
        items = [KeyTold.of(one) for one in found[:limit]]
        return Page(items=items, next=str(items[-1].key_id) if len(found) > limit else None)

    @router.post("/keys", status_code=HTTPStatus.CREATED)
    def issue(who: Who, sent: Sent, asked: NewApiKey) -> KeyIssued:
        told: list[KeyIssued] = []  # this once, and remembered nowhere

        def issued() -> int:
            lasts = timedelta(days=asked.days) if asked.days else None
            told.append(KeyIssued.with_secret(*keeping.issue(who.account, asked.label, asked.scopes, lasts)))
            return told[0].key_id

        made = repeats.once(sent.account_id, sent.key, digest_of_asked("key", asked), issued)
        if not told:
            raise AccountError(f"this request made the key {made} before, and its secret is told once: {_ANOTHER}")
        return told[0]

    @router.delete("/keys/{key_id}", status_code=HTTPStatus.NO_CONTENT)
    def revoke(who: Who, key_id: Id) -> None:
        keeping.revoke(who.account, key_id)
