"""Finding the rep that a file means: by external id, else by a name that only one has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from experiments.people import Rep, Team, add_rep


class RepFinder:
    """Everyone who sells, by the words that files have for them.

    `added` names those whom `find_or_add` has added.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.by_external_id: dict[str, Rep] = {}
        self.added: list[str] = []
        self._by_name: dict[str, Rep | None] = {}
        for rep in session.scalars(select(Rep).options(joinedload(Rep.team))):
            self._take(rep)

    def find(self, word: str) -> Rep | None:
        """The rep whose external id it is, or whose name it is and nobody else's."""
        return self.by_external_id.get(word) or self._by_name.get(word.casefold())

    def add(
        self, name: str, *, external_id: str = "", team: Team | None = None, now: datetime
    ) -> Rep:
        """Add a rep without an account. Raises Refused as `add_rep`."""
        rep = add_rep(self.session, name, external_id=external_id, team=team, now=now)
        self._take(rep)
        return rep

    def find_or_add(self, word: str, *, now: datetime) -> Rep:
        """The rep that a word means; one of that name is added where it means nobody."""
        rep = self.find(word)
        if rep is None:
            rep = self.add(word, now=now)
            self.added.append(rep.name)
        return rep

    def _take(self, rep: Rep) -> None:
        self.by_external_id[rep.external_id] = rep
        folded = rep.name.casefold()
        self._by_name[folded] = None if folded in self._by_name else rep
