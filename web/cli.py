"""The command `stagelift`: a list of names; each command's code is imported when it is called."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

# name → "module:attribute". A lazy table keeps `--help` under 0.4 s: NumPy, Ibis and
# FastAPI are loaded only by the commands that use them.
COMMANDS = {
    "analyse": "web.commands.analyse:analyse",
    "backup": "web.commands.backup:backup",
    "company": "web.commands.company:company",
    "demo": "web.commands.demo:demo",
    "experiment": "web.commands.experiment:experiment",
    "export": "web.commands.export:export",
    "import": "web.commands.imports:import_",
    "insight": "web.commands.insight:insight",
    "migrate": "web.commands.migrate:migrate",
    "personal": "web.commands.personal:personal",
    "plan": "web.commands.plan:plan",
    "rep": "web.commands.team:rep",
    "report": "web.commands.report:report",
    "restore": "web.commands.backup:restore",
    "serve": "web.commands.serve:serve",
    "team": "web.commands.team:team",
    "token": "web.commands.token:token",
    "user": "web.commands.user:user",
    "worker": "web.commands.worker:worker",
}


class LazyGroup(click.Group):
    """A group whose commands are imported at first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        with _in_one_line():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _in_one_line():
            return super().invoke(ctx)


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Say what is wrong with the options in one line, as every command says everything else."""
    try:
        yield
    except NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        said = " ".join(error.format_message().split())
        hint = f" See {error.ctx.command_path} --help." if error.ctx else ""
        raise click.UsageError(said + hint) from None


def print_json(value: Any) -> None:
    """Print one JSON document on stdout, as every command does under `--json`."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stagelift")
def main() -> None:
    """A/B tests of sales processes, with intervals that hold."""


if __name__ == "__main__":
    sys.exit(main())
