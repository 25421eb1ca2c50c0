"""The templates of a post: which there are, and a copy to begin with."""

from __future__ import annotations

import click

from digest.cli.session import Session, json_option, json_text, pass_session


@click.command()
@click.option("--copy", "name", metavar="NAME", help="Put a copy of ours into the home.")
@json_option
@pass_session
def templates(session: Session, name: str | None, as_json: bool) -> None:
    """List the templates of posts, and which of them are the lab's own.

    A file of the same name in the home's templates/ goes before ours. It can also begin with
    {% extends "digest/jekyll.md.j2" %} and say only the blocks that it changes.
    """
    from digest import files
    from digest.render import template

    config = session.config()
    if name is not None:
        file = name.removesuffix(template.SUFFIX) + template.SUFFIX
        text, path = template.source(file), config.templates / file
        if path.exists():
            session.console.print(f"{path} is there already")
        else:
            files.write(path, text.encode())
        click.echo(path)
        return
    own = {name: (config.templates / name).is_file() for name in template.names()}
    if as_json:
        shown = [{"name": name, "own": is_own} for name, is_own in own.items()]
        click.echo(json_text({"folder": str(config.templates), "templates": shown}))
        return
    for name, is_own in own.items():
        used = "  (post_format)" if name == config.post_format + template.SUFFIX else ""
        click.echo(f"{name:<18} {'the lab' if is_own else 'built in'}{used}")


COMMANDS = (templates,)
