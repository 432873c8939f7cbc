"""The users, groups, memberships and brands of a Zendesk account, and lists to pick from.

https://developer.zendesk.com/api-reference/ticketing/users/users/
https://developer.zendesk.com/api-reference/ticketing/groups/groups/
"""

from typing import Any

from tests.loopback.server import Reply, Request
from tests.loopback.zendesk.account import ANONYMOUS, STAFF, Refusal, moment
from tests.loopback.zendesk.oauth import OAuth


class People(OAuth):
    def __init__(self) -> None:
        super().__init__()
        self.groups: dict[int, dict[str, Any]] = {}
        self.memberships: list[dict[str, Any]] = []
        self.brands = [self._brand("Shop", default=True)]

    # --- How they come about ------------------------------------------------------------------------------------------

    def person(self, name: str, email: str, role: str = "end-user") -> dict[str, Any]:
        with self.lock:
            number = self.next()
            made = moment()
            self.users[number] = {
                "id": number,
                "url": f"{self.url}/api/v2/users/{number}.json",
                "name": name,
                "email": email,
                "role": role,
                "active": True,
                "verified": True,
                "suspended": False,
                "phone": None,
                "photo": None,
                "locale": "en-US",
                "time_zone": "UTC",
                "organization_id": None,
                "external_id": None,
                "details": "",
                "notes": "",
                "tags": [],
                "user_fields": {},
                "created_at": made,
                "updated_at": made,
            }
            return self.users[number]

    def group(self, name: str, *members: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            number, made = self.next(), moment()
            first = not self.groups
            self.groups[number] = {
                "id": number,
                "url": f"{self.url}/api/v2/groups/{number}.json",
                "name": name,
                "description": "",
                "default": first,
                "deleted": False,
                "is_public": True,
                "created_at": made,
                "updated_at": made,
            }
            for member in members:
                self.join(member, self.groups[number])
            return self.groups[number]

    def join(self, member: dict[str, Any], group: dict[str, Any]) -> None:
        with self.lock:
            number, made = self.next(), moment()
            first = not any(each["user_id"] == member["id"] for each in self.memberships)
            self.memberships.append(
                {
                    "id": number,
                    "url": f"{self.url}/api/v2/group_memberships/{number}.json",
                    "user_id": member["id"],
                    "group_id": group["id"],
                    "default": first,
                    "created_at": made,
                    "updated_at": made,
                }
            )

    def belongs(self, user: int, group: int) -> bool:
        return any((each["user_id"], each["group_id"]) == (user, group) for each in self.memberships)

    def default_group(self, user: int) -> int | None:
        return next((each["group_id"] for each in self.memberships if each["user_id"] == user), None)

    def is_staff(self, user: int | None) -> bool:
        return user in self.users and self.users[user]["role"] in STAFF

    # --- What may be asked --------------------------------------------------------------------------------------------

    def me(self, request: Request) -> Reply:
        """Whoever shows no credentials is told that they are nobody, with status 200."""
        user = self.who(request) if "authorization" in request.headers else ANONYMOUS
        return Reply({"user": user})

    def all_users(self, request: Request) -> Reply:
        self.who(request, staff=True)
        roles = [value for name, value in request.pairs if name in ("role", "role[]")]
        found = [user for user in self.users.values() if not roles or user["role"] in roles]
        return self.page(request, "users", found)

    def one_user(self, request: Request, id: str) -> Reply:
        self.who(request, staff=True)
        return Reply({"user": self._found(self.users, id)})

    def many_users(self, request: Request) -> Reply:
        self.who(request, staff=True)
        wanted = request.query.get("ids", "").split(",")
        return self.page(request, "users", [user for user in self.users.values() if str(user["id"]) in wanted])

    def search_users(self, request: Request) -> Reply:
        self.who(request, staff=True)
        words = request.query.get("query", "").removeprefix("email:").strip('"').lower()
        found = [user for user in self.users.values() if words in f"{user['name']} {user['email']}".lower()]
        return self.page(request, "users", found)

    def create_or_update_user(self, request: Request) -> Reply:
        self.who(request, staff=True)
        given = request.json()["user"]
        found = [user for user in self.users.values() if user["email"] and user["email"] == given.get("email")]
        user = found[0] if found else self.person(given["name"], given.get("email"), given.get("role", "end-user"))
        user.update({name: value for name, value in given.items() if name in user}, updated_at=moment())
        return Reply({"user": user}, 200 if found else 201)

    def all_groups(self, request: Request) -> Reply:
        self.who(request, staff=True)
        return self.page(request, "groups", [group for group in self.groups.values() if not group["deleted"]])

    def one_group(self, request: Request, id: str) -> Reply:
        self.who(request, staff=True)
        return Reply({"group": self._found(self.groups, id)})

    def all_memberships(self, request: Request, user: str = "", group: str = "") -> Reply:
        self.who(request, staff=True)
        found = [
            each
            for each in self.memberships
            if str(each["user_id"]).startswith(user) and str(each["group_id"]).startswith(group)
        ]
        return self.page(request, "group_memberships", found)

    def all_brands(self, request: Request) -> Reply:
        return self.page(request, "brands", self.brands)

    def settings(self, request: Request) -> Reply:
        return Reply({"settings": {"tickets": {"private_attachments": False}, "active_features": {}}})

    def empty(self, request: Request) -> Reply:
        """Lists that this account has nothing in: views, queues."""
        return self.page(request, request.path.rpartition("/")[2], [])

    @staticmethod
    def _found(rows: dict[int, dict[str, Any]], id: str) -> dict[str, Any]:
        if int(id) not in rows:
            raise Refusal(404, "RecordNotFound", "Not found")
        return rows[int(id)]

    def _brand(self, name: str, default: bool = False) -> dict[str, Any]:
        number, made = self.next(), moment()
        return {
            "id": number,
            "url": f"{self.url}/api/v2/brands/{number}.json",
            "name": name,
            "subdomain": name.lower(),
            "brand_url": f"https://{name.lower()}.zendesk.com",
            "active": True,
            "default": default,
            "is_deleted": False,
            "has_help_center": False,
            "help_center_state": "disabled",
            "ticket_form_ids": [],
            "created_at": made,
            "updated_at": made,
        }
