"""The command line: one verb per noun, the same functions on single files, and nothing else.

Parses, calls the pipeline, prints, turns errors into advice and exit codes. The only reader of the environment and the clock. Heavy modules are
imported inside the commands, so that ``custodes --help`` stays quick.
"""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from custodes import __version__
from custodes.errors import CustodesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

CASE = click.argument("case", type=click.Path())
NOW = click.option("--now", "now", default="", metavar="T", help="Use this time (ISO) instead of the clock.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object on standard error.")
QUIET = click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Print what became of every file.")
OFFLINE = click.option("--offline", is_flag=True, help="Use no network: watched pages are not looked at.")
ENGINE = click.option("--engine", type=click.Choice(["local", "cores"]), default="cores", show_default=True, help="One process or all cores; same answer.")
FINDER = click.option(
    "--engine", type=click.Choice(["local", "cores", "spark"]), default="cores", show_default=True, help="One process, all cores, or Spark; same answer."
)
MASTER = click.option("--master", default="", metavar="URL", help="Where Spark runs, for instance local[2] or spark://host:7077 (with --engine spark).")
AS_OF = click.option("--as-of", default="", metavar="DATE", help="Use the lists and links as they stood on that day.")
OUT = click.option("-o", "--out", required=True, metavar="OUT", help="Output file (.csv .jsonl .parquet .xlsx, .gz allowed) or - for JSON lines.")


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every step of the main path takes."""
    for option in (JSON, VERBOSE, QUIET, NOW):
        function = option(function)
    return function


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="custodes")
def main() -> None:
    """From evidence to removal: who bought surveillance equipment from implicated makers, and when it goes.

    Six verbs, one after the other: gather, read, find, review, plan, publish; `run` does them all.
    """


def verb(function: Callable[..., int]) -> Callable[..., None]:
    """Turn the command's result into an exit code, and an error into advice on standard error."""

    @wraps(function)
    def call(**options: Any) -> None:
        try:
            code = function(**options)
        except CustodesError as error:
            click.echo(f"error: {error}", err=True)
            if options.get("as_json"):
                _print_json({"error": {"where": error.where, "what": error.what, "advice": error.advice}})
            sys.exit(2 if error.code == 3 else error.code)
        except KeyboardInterrupt:
            click.echo("interrupted: what was finished is kept; run the same command again to go on", err=True)
            sys.exit(130)
        except BrokenPipeError:
            sys.exit(0)
        except Exception as error:
            click.echo(f"error: custodes itself failed: {type(error).__name__}: {error}\n  next: please report this; -v shows where", err=True)
            if options.get("verbose"):
                raise
            sys.exit(1)
        sys.exit(code)

    return call


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, default=str, sort_keys=True), err=True)


def _engine(engine: str, master: str) -> str:
    """The engine; UsageError when ``--master`` is given to one that has none."""
    if master and engine != "spark":
        raise UsageError(f"--engine {engine} has no master", where="--master", advice="add --engine spark, or leave --master out")
    return engine


def _day(given: str) -> str:
    """A day as ISO text, '' for none; UsageError when ``--as-of`` is no date."""
    from datetime import date

    try:
        return date.fromisoformat(given).isoformat() if given else ""
    except ValueError:
        raise UsageError(f"{given!r} is not a date", where="--as-of", advice="write it as 2024-12-31") from None


def _now(given: str) -> str:
    """The run's time as ISO text in UTC; UsageError when ``--now`` is none."""
    from datetime import UTC, datetime

    if not given:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: TID251  the one place that reads the clock
    try:
        parsed = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError(f"{given!r} is not an ISO time", where="--now", advice="write it as 2026-11-22T12:00:00Z or 2026-11-22") from None
    if parsed.tzinfo is not None:
        parsed = parsed.astimezone(UTC)
    return parsed.strftime("%Y-%m-%dT%H:%M:%SZ")


def _progress(quiet: bool) -> Any:
    """A progress reporter: a bar on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _report(summary: dict[str, Any], lines: list[str], quiet: bool, as_json: bool) -> int:
    """Print a summary and give its exit code."""
    if as_json:
        _print_json(summary)
    elif not quiet:
        for line in lines:
            click.echo(line, err=True)
    return int(summary.get("exit", 0))


def _step(name: str, case: str, now: str, quiet: bool, verbose: bool, as_json: bool, **options: Any) -> int:
    """Run one step of the main path on a case and print what it says."""
    import time
    from pathlib import Path

    from custodes import pipeline

    clock = pipeline.Clock(_now(now), bool(now), time.monotonic)
    summary = pipeline.step(name, Path(case), clock, arguments=sys.argv[1:], progress=_progress(quiet or as_json), **options)
    return _report(summary, pipeline.lines(summary, verbose=verbose), quiet, as_json)


@main.command()
@CASE
@click.option("--records", multiple=True, metavar="PATH...", help="Files, folders or globs to read; takes several, may be repeated.")
@QUIET
@verb
def new(case: str, records: tuple[str, ...], quiet: bool) -> int:
    """Make a case folder with a commented case.toml."""
    from pathlib import Path

    from custodes import case as cases

    path = cases.new(Path(case), records)
    if not quiet:
        click.echo(f"made {path}\n  next: look at it, then custodes run {case}", err=True)
    return 0


@main.command()
@CASE
@OFFLINE
@ENGINE
@common
@verb
def run(case: str, offline: bool, engine: str, now: str, quiet: bool, verbose: bool, as_json: bool) -> int:
    """Gather, read, find, fold decisions, plan, and publish the draft edition."""
    return _step("run", case, now, quiet, verbose, as_json, engine=engine, offline=offline, due=True)


@main.command()
@CASE
@click.option("--due", is_flag=True, help="Look only at the pages that are due; files are always due, unchanged ones are not stored again.")
@OFFLINE
@common
@verb
def gather(case: str, due: bool, offline: bool, now: str, quiet: bool, verbose: bool, as_json: bool) -> int:
    """Store the inputs by hash, look at the watched pages, and seal it all."""
    return _step("gather", case, now, quiet, verbose, as_json, due=due, offline=offline)


@main.command()
@CASE
@ENGINE
@common
@verb
def read(case: str, engine: str, now: str, quiet: bool, verbose: bool, as_json: bool) -> int:
    """Turn the stored inputs into records; unchanged inputs are not read again."""
    return _step("read", case, now, quiet, verbose, as_json, engine=engine)


@main.command()
@CASE
@FINDER
@MASTER
@click.option("--since", default="", metavar="RUN", help="Search again only what changed since that run (its number or time); same answer.")
@AS_OF
@common
@verb
def find(case: str, engine: str, master: str, since: str, as_of: str, now: str, quiet: bool, verbose: bool, as_json: bool) -> int:
    """Say which records point at an implicated maker, and why."""
    return _step("find", case, now, quiet, verbose, as_json, engine=_engine(engine, master), master=master, since=since, as_of=_day(as_of))


@main.command()
@CASE
@click.option("--body", "bodies", multiple=True, metavar="NAME", help="Only letters about the records of this body; may be repeated.")
@click.option("--law", default="", metavar="L", help="Law for every letter: foia, eir, foisa, eisr, us, us-wa, eu, none.")
@click.option("--sent", is_flag=True, help="The letters that may go out today do: put the record of it into the inbox.")
@click.option("-o", "--out", default="", metavar="DIR", help="New folder for the letters (default: review/letters of the case).")
@NOW
@QUIET
@JSON
@verb
def ask(case: str, bodies: tuple[str, ...], law: str, sent: bool, out: str, now: str, quiet: bool, as_json: bool) -> int:
    """Write the letters to bodies: requests, reminders, reviews; and say what is due."""
    from pathlib import Path

    from custodes.pipeline import asking

    summary = asking.ask(Path(case), _now(now), only=bodies, law=law, sent=sent, out=out)
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@CASE
@click.option("--company", "companies", multiple=True, metavar="NAME", help="Only the notice to this company; may be repeated.")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 365), metavar="N", help="Days that a company has to answer.")
@click.option("--sent", is_flag=True, help="The notices go out today: put the record of it into the inbox.")
@click.option("-o", "--out", default="", metavar="DIR", help="New folder for the notices (default: review/notices of the case).")
@NOW
@QUIET
@JSON
@verb
def notify(case: str, companies: tuple[str, ...], days: int, sent: bool, out: str, now: str, quiet: bool, as_json: bool) -> int:
    """Write the notices to companies that confirmed findings name, with a form for their reply."""
    import secrets
    from pathlib import Path

    from custodes.pipeline import replying

    fresh = secrets.token_hex(32)
    summary = replying.notify(Path(case), _now(now), fresh, companies=companies, days=days, sent=sent, out=out)
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@CASE
@click.option("--view", type=click.Choice(["open", "stale", "decided", "questions", "all"]), default="open", show_default=True, help="Which findings.")
@click.option("--check", "file", default="", metavar="FILE", help="Say what would become of a filled sheet; take nothing in.")
@click.option("-o", "--out", default="", metavar="OUT", help="New file to write, .xlsx or .csv.")
@NOW
@QUIET
@JSON
@verb
def sheet(case: str, view: str, file: str, out: str, now: str, quiet: bool, as_json: bool) -> int:
    """Write the queue as a spreadsheet to fill in; the inbox takes it back."""
    from pathlib import Path

    from custodes.pipeline import sheeting

    if bool(file) == bool(out):
        raise UsageError("neither -o nor --check, or both", where=case, advice="write a sheet with -o OUT.xlsx, or look at a filled one with --check FILE")
    summary = sheeting.look(Path(case), file, _now(now)) if file else sheeting.sheet(Path(case), out, view, _now(now))
    return _report(summary, summary["lines"], quiet, as_json)


DATABASE = click.option("--database", default="", metavar="URL", help="postgresql://USER@HOST/NAME (or CUSTODES_DATABASE); default: SQLite in the case.")


@main.command()
@CASE
@click.option("--host", default="127.0.0.1", show_default=True, metavar="H", help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), metavar="P", help="Port to listen on.")
@click.option("--origin", default="", metavar="URL", help="https://review.example.org, when a proxy with TLS stands in front.")
@click.option("--user", default="local", show_default=True, metavar="NAME", help="Whose one-time link is printed; made as admin when new.")
@DATABASE
@verb
def review(case: str, host: str, port: int, origin: str, user: str, database: str) -> int:
    """Show the review site: people decide, companies answer, bodies are asked."""
    import secrets
    from datetime import UTC, datetime
    from pathlib import Path

    from custodes.pipeline import desk

    def clock() -> datetime:
        return datetime.now(UTC)  # noqa: TID251  handed to the site, which has no clock of its own

    made = desk.desk(Path(case), _database(database), clock, lambda: secrets.token_urlsafe(32))
    desk.serve(made, host, port, origin, user, lambda line: click.echo(line, err=True))
    return 0


def _database(given: str) -> str:
    """The database's address: the option, else the environment (a password on the command line shows to everybody on the machine)."""
    import os

    return given or os.environ.get("CUSTODES_DATABASE", "")  # noqa: TID251  the one place that reads the environment


@main.command()
@CASE
@click.argument("what", type=click.Choice(["export", "verify"]))
@click.option("-o", "--out", default="-", metavar="OUT", help="File to write (.csv or .jsonl), or - for JSON lines.")
@DATABASE
@QUIET
@JSON
@verb
def audit(case: str, what: str, out: str, database: str, quiet: bool, as_json: bool) -> int:
    """Export or verify the record of who decided what, when and on which evidence."""
    from pathlib import Path

    from custodes.pipeline import auditing

    if what == "export":
        summary = auditing.export(Path(case), out, _database(database), lambda line: click.echo(line, nl=False))
    else:
        summary = auditing.verify(Path(case), _database(database))
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@click.argument("target", metavar="CASE|SITES", type=click.Path())
@click.option("--policy", default="", metavar="P", help="Removal policy (an id of `custodes doctor`, or a .toml file).")
@click.option("--means", default="", metavar="M.toml", help="Money, crews and freezes.")
@click.option("--compare", default="", metavar="P", help="A second policy to compare with on the same sites.")
@click.option("--from", "before", default="", metavar="PLAN", help="An earlier plan.json: move away from it as little as possible.")
@click.option("--seconds", default=30.0, show_default=True, metavar="N", help="Time the planner may take; 0: the first plan only.")
@click.option("-o", "--out", default="", metavar="OUT", help="For SITES: the JSON file to write, or - for standard output.")
@click.option("--freeze", is_flag=True, help="For a case: freeze the plan as the baseline that progress is measured against.")
@click.option("--reason", default="", metavar="WHY", help="Why a further baseline is frozen; the first stays the measure.")
@common
@verb
def plan(
    target: str, policy: str, means: str, compare: str, before: str, seconds: float, out: str, freeze: bool, reason: str, now: str, quiet: bool, verbose: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Plan the removal: of a case's sites, or of a table of sites."""
    import time
    from pathlib import Path

    if (Path(target) / "case.toml").is_file():
        wishes = {"policy": policy, "means": means, "compare": compare, "before": before, "seconds": seconds, "freeze": freeze, "reason": reason}
        return _step("plan", target, now, quiet, verbose, as_json, **wishes)
    from custodes.pipeline import plan_files, plan_making

    if freeze:
        raise UsageError("only the plan of a case can be frozen", where=target, advice="make a case: custodes new CASE --records SITES")
    if not out:
        raise UsageError("nowhere to write to", where=target, advice="planning a table of sites needs -o OUT; a folder with case.toml is a case")
    summary = plan_files.plan_file(Path(target), out, plan_making.Wishes(policy, means, before, compare, seconds, _now(now), time.monotonic))
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@click.argument("items", metavar="ITEMS...", nargs=-1, required=True)
@click.option("--part", type=click.Choice(["provide", "use", "both"]), default="both", show_default=True, help="Part A (provide), part B (use).")
@click.option("--organisation", default="", metavar="NAME", help="Whose inquiry it is.")
@click.option("-o", "--out", required=True, metavar="OUT", help="The JSON file to write, or - for standard output.")
@NOW
@QUIET
@JSON
@verb
def inquiry(items: tuple[str, ...], part: str, organisation: str, out: str, now: str, quiet: bool, as_json: bool) -> int:
    """Make the inquiry of US section 889 over a table of items: who made them, what is not known, what is due when."""
    from custodes.pipeline import inquiring

    summary = inquiring.run(items, out, part=part, organisation=organisation, now=_now(now))
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@CASE
@click.option("--edition", type=click.Choice(["draft", "public"]), default="draft", show_default=True, help="With leads, or behind the gate.")
@click.option("--dry-run", is_flag=True, help="Say what the gate would hold back; write nothing.")
@click.option("--compare", default="", metavar="OLD", help="Say what changed since OLD, the folder of an edition or of a case.")
@click.option("--pack", "packs", multiple=True, metavar="FINDING|BODY", help="Make an evidence pack of it (or: all); may be repeated.")
@click.option("--capture", "captures", multiple=True, metavar="FILE[=REASON]", help="Hand out this cited file whole in the packs; may be repeated.")
@click.option("-o", "--out", default="", metavar="OUT", help="Write the packs to OUT (.zip or folder), and no edition.")
@common
@verb
def publish(
    case: str, edition: str, dry_run: bool, compare: str, packs: tuple[str, ...], captures: tuple[str, ...], out: str, now: str, quiet: bool, verbose: bool, as_json: bool
) -> int:
    """Write the draft or the public edition; evidence packs; what changed since another one."""
    if (captures or out) and not packs:
        raise UsageError("--capture and -o are about packs", where=case, advice="name what to pack: --pack FINDING|BODY")
    return _step("publish", case, now, quiet, verbose, as_json, edition=edition, dry_run=dry_run, compare=compare, packs=packs, captures=captures, out=out)


@main.command()
@click.argument("path", type=click.Path())
@click.option("--token", "tokens", multiple=True, metavar="TSR", help="A time-stamp token that must be over the file; those beside it are found.")
@click.option("--root", "roots", multiple=True, metavar="PEM", help="Root certificates of time-stamping authorities that you trust.")
@QUIET
@JSON
@verb
def verify(path: str, tokens: tuple[str, ...], roots: tuple[str, ...], quiet: bool, as_json: bool) -> int:
    """Check a case, a WARC, a WACZ or an evidence pack; exit 4 names the first broken link of every chain."""
    from pathlib import Path

    from custodes import pipeline

    summary = pipeline.verify(Path(path), tokens, roots)
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@CASE
@click.argument("what", metavar="FINDING|FIGURE")
@click.option("--edition", type=click.Choice(["draft", "public"]), default="draft", show_default=True, help="Whose figure: they differ.")
@verb
def explain(case: str, what: str, edition: str) -> int:
    """Show a finding step by step back to bytes, or what a published figure counts."""
    from pathlib import Path

    from custodes.pipeline import explaining

    click.echo(explaining.explain(Path(case), what, edition))
    return 0


@main.command()
@click.argument("case", required=False, type=click.Path())
@NOW
@JSON
@verb
def doctor(case: str | None, now: str, as_json: bool) -> int:
    """Check the installation and a case: versions, formats, ages of fact tables, readers, policies."""
    from pathlib import Path

    from custodes.pipeline import health

    summary = health.examine(Path(case) if case else None, _now(now)[:10], Path(_data_home()))
    if as_json:
        _print_json(summary)
    else:
        click.echo("\n".join(summary["lines"]))
    return int(summary["exit"])


@main.command()
@click.argument("what", type=click.Choice(["update", "show", "diff"]))
@click.argument("case", required=False, type=click.Path())
@click.option("--store", default="", metavar="DIR", help="Where list versions are kept (default: the case; without a case the user's own store).")
@click.option("--as-of", "as_of", default="", metavar="D", help="show: who stood on the lists on that day (default: today).")
@click.option("--name", default="", metavar="TEXT", help="show: only entries with a name that holds this.")
@click.option("--from", "start", default="", metavar="D", help="diff: the first day.")
@click.option("--to", "end", default="", metavar="D", help="diff: the last day (default: today).")
@click.option("-o", "--out", default="", metavar="OUT", help="show, diff: a table to write (.csv .jsonl .parquet .xlsx, .gz allowed) or - for JSON lines.")
@click.option("--only", multiple=True, metavar="LIST", help="update: only these lists (names of the table of addresses); may be repeated.")
@click.option("--with", "also", multiple=True, metavar="LIST", help="update: also this list, whose licence you accept (OPENSANCTIONS); may be repeated.")
@click.option("--due", is_flag=True, help="update: only lists whose time has come.")
@click.option("--accept", multiple=True, metavar="LIST", help="update: take the next copy of this list although it shrank or lost a column; you looked at it.")
@click.option("--addresses", default="", metavar="FILE", help="update: your own table of addresses (CSV with feed,url ...) instead of the shipped one.")
@click.option("--base-url", "base", default="", metavar="URL", help="update: a mirror that has URL/host/path for each address.")
@click.option("--eu-token", "token", default="", metavar="T", help="update: token for the EU's list (or CUSTODES_EU_TOKEN).")
@click.option("--tries", default=3, show_default=True, type=click.IntRange(1, 10), metavar="N", help="update: how often an address is asked when the network fails.")
@click.option("--seconds", default=300.0, show_default=True, type=click.FloatRange(0.1, 86400), metavar="N", help="update: seconds that one file may take.")
@common
@verb
def lists(what: str, case: str | None, store: str, now: str, quiet: bool, verbose: bool, as_json: bool, **options: Any) -> int:
    """Official lists in time: fetch them, show who was listed on a day, and what changed between two days."""
    from custodes.pipeline import listing

    time = _now(now)
    folder = listing.folder(case, store, _data_home())
    if what == "update":
        import time as clock

        token = options["token"] or _environment("CUSTODES_EU_TOKEN")
        summary = listing.update(folder, case, options | {"token": token}, time, bool(now), clock.monotonic, clock.sleep, _progress(quiet or as_json))
    else:
        summary = listing.look(what, folder, options, time[:10])
    return _report(summary, summary["lines"], quiet, as_json)


def _data_home() -> str:
    """Where programs keep a user's data (XDG base directories)."""
    import os

    home = _environment("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(home, "custodes", "lists")


def _environment(name: str) -> str:
    """A variable of the environment, '' without it."""
    import os

    return os.environ.get(name, "")  # noqa: TID251  the one place that reads the environment


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "--out", default="", metavar="OUT", help="Output file (.csv .jsonl .parquet .xlsx, .gz allowed) or - for JSON lines.")
@click.option("--as", "reader", default="", metavar="READER", help="Read with this reader instead of choosing.")
@click.option("--body", default="", metavar="NAME", help="The public body whose records these are.")
@click.option("--currency", default="", metavar="C", help="Currency when the file does not say it.")
@click.option("--map", "mapping", default="", metavar="MAP.toml", help='A column map: supplier = "Payee" ...')
@click.option("--columns", is_flag=True, help="Show the guessed columns on five rows and the case.toml entry to paste.")
@click.option("--rejects", default="", metavar="PATH", help="Where rejected rows go (default OUT.rejects.jsonl).")
@ENGINE
@QUIET
@VERBOSE
@JSON
@verb
def records(
    files: tuple[str, ...], out: str, reader: str, body: str, currency: str, mapping: str, columns: bool, rejects: str,
    engine: str, quiet: bool, verbose: bool, as_json: bool,
) -> int:  # fmt: skip
    """Read any files a reader claims into one table of records."""
    from custodes.pipeline import tools

    if columns:
        click.echo("\n".join(tools.guess_columns(files)))
        return 0
    if not out:
        raise UsageError("nowhere to write to", advice="say where: -o OUT (or --columns to look first)")
    options = tools.entry(reader=reader, body=body, currency=currency, mapping=mapping)
    summary = tools.records(files, out, options, rejects=rejects, engine=engine, progress=_progress(quiet or as_json))
    return _report(summary, tools.record_lines(summary, verbose=verbose), quiet, as_json)


@main.command()
@click.argument("names", metavar="NAMES")
@OUT
@click.option("--against", multiple=True, required=True, metavar="PARTIES...", help="Lists of parties; takes several, may be repeated.")
@click.option("--top", default=1, show_default=True, type=click.IntRange(min=1), metavar="N", help="Rows per name at most.")
@click.option("--min-score", default=0.05, show_default=True, type=click.FloatRange(0, 1), metavar="S", help="No row below this score.")
@AS_OF
@FINDER
@MASTER
@QUIET
@JSON
@verb
def screen(
    names: str, out: str, against: tuple[str, ...], top: int, min_score: float, as_of: str, engine: str, master: str, quiet: bool, as_json: bool,
) -> int:  # fmt: skip
    """Compare names of organisations with lists of parties."""
    from custodes.pipeline import tools

    summary = tools.screen(names, against, out, top=top, min_score=min_score, engine=_engine(engine, master), master=master, as_of=_day(as_of))
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@click.argument("lists", metavar="LISTS...", nargs=-1, required=True)
@OUT
@click.option("--rulings", default="", metavar="FILE", help="What people decided: a table left, right, ruling (join or apart), reason.")
@click.option("--links", default="", metavar="OUT", help="Write the ties between parties (parents, subsidiaries, names to look at) there.")
@QUIET
@JSON
@verb
def cluster(lists: tuple[str, ...], out: str, rulings: str, links: str, quiet: bool, as_json: bool) -> int:
    """Find which entries of several lists are one organisation, and why."""
    from custodes.pipeline import clustering

    summary = clustering.write(lists, out, rulings=rulings, ties=links)
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@click.argument("pages", metavar="PAGES...", nargs=-1, required=True)
@OUT
@ENGINE
@QUIET
@JSON
@verb
def claims(pages: tuple[str, ...], out: str, engine: str, quiet: bool, as_json: bool) -> int:
    """Find which pages market or document the profiling of people, and quote them."""
    from custodes.pipeline import claiming

    summary = claiming.claims(pages, out, engine=engine, progress=_progress(quiet or as_json))
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@click.argument("devices", metavar="DEVICES...", nargs=-1, required=True)
@OUT
@click.option("--lines", default="", metavar="LINES.csv", help="Brand lines of your own, each with its proof.")
@ENGINE
@QUIET
@JSON
@verb
def identify(devices: tuple[str, ...], out: str, lines: str, engine: str, quiet: bool, as_json: bool) -> int:
    """Find who really made each camera or recorder, rebrands included, and say why."""
    from custodes.pipeline import identifying

    summary = identifying.identify(devices, out, lines=lines, engine=engine)
    return _report(summary, summary["lines"], quiet, as_json)


@main.command()
@click.argument("networks", metavar="CIDR...", nargs=-1, required=True)
@click.option("-o", "--out", default="", metavar="DIR", help="Folder for the packets and the devices; an interrupted run goes on in it.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent; send nothing.")
@click.option("--public", multiple=True, metavar="CIDR", help="Say a network in public address space a second time: it is yours.")
@click.option("--ports", multiple=True, metavar="P,...", help="Ports to greet (default http:80,https:443,rtsp:554).")
@click.option("--only", multiple=True, metavar="P,...", help="Only these protocols: wsd, sadp, dhip, dahua1, ssdp, http, https, rtsp.")
@click.option("--rate", default=50.0, show_default=True, type=click.FloatRange(0.1, 1000), metavar="N", help="Packets per second at most.")
@click.option("--wait", default=3.0, show_default=True, type=click.FloatRange(0.1, 60), metavar="S", help="Seconds to wait for an answer.")
@click.option("--body", default="", metavar="NAME", help="The public body whose network this is.")
@QUIET
@JSON
@verb
def discover(
    networks: tuple[str, ...], out: str, dry_run: bool, public: tuple[str, ...], ports: tuple[str, ...], only: tuple[str, ...],
    rate: float, wait: float, body: str, quiet: bool, as_json: bool,
) -> int:  # fmt: skip
    """Look for cameras on networks you own: read-only questions, no login, every packet logged."""
    import secrets
    from datetime import UTC, datetime

    from custodes.pipeline import discovering

    def clock() -> str:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"  # noqa: TID251  handed on; the log needs the time of every packet

    summary = discovering.discover(
        networks, out, public=public, ports=ports, only=only, rate=rate, wait=wait, dry_run=dry_run, clock=clock, seed=secrets.token_hex(16),
        body=body, progress=_progress(quiet or as_json),
    )  # fmt: skip
    return _report(summary, summary["lines"], quiet, as_json)


def _swallow_lists(arguments: list[str]) -> list[str]:
    """Let options that take paths take several: ``--records a b`` becomes ``--records a --records b``.

    click options take one value; the contract of the command line (DESIGN, section 7) lets these take several and repeat.
    """
    result: list[str] = []
    current = ""
    for argument, following in zip(arguments, [*arguments[1:], "--"], strict=True):
        if argument in ("--records", "--against") and (following == "-" or not following.startswith("-")):
            current = argument
            continue  # an option without a value is left to click, which says so
        if current and (argument == "-" or not argument.startswith("-")):
            result += [current, argument]
            continue
        current = ""
        result.append(argument)
    return result


def entry_point() -> None:
    """The installed command."""
    main(args=_swallow_lists(sys.argv[1:]))
