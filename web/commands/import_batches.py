"""`stagelift import list` and `stagelift import undo`."""

from __future__ import annotations

import click

from web.commands import json_option, open_store


@click.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the imports that were made, newest first."""
    from experiments.importing.batches import batches
    from web.cli import print_json

    with open_store(writes=False) as session:
        shown = [
            {
                "id": each.id,
                "file": each.file,
                "source": each.source.name,
                "at": each.recorded_at.isoformat(timespec="seconds"),
                "leads": each.leads,
                "events": each.events,
                "undone": each.undone_at is not None,
            }
            for each in batches(session)
        ]
    if as_json:
        print_json(shown)
        return
    for each in shown:
        state = " (taken back)" if each["undone"] else ""
        click.echo(
            f"{each['id']:>5}  {each['at']}  {each['source']}: {each['file']}, "
            f"{each['leads']} leads, {each['events']} events{state}"
        )


@click.command()
@click.argument("number", metavar="ID", type=int)
@json_option
def undo(number: int, as_json: bool) -> None:
    """Take the import ID back as a whole; the same file can then be brought again."""
    from experiments.importing import batches
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        found = batches.batch(session, number)
        voided = batches.undo(session, found, by=None, now=utc_now())
        file = found.file
    if as_json:
        print_json({"id": number, "voided": voided})
    else:
        click.echo(f"Took {file} back: {voided} events count no more.")
