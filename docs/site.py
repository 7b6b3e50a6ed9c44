"""Lays out the pages for mdBook, and checks the site it makes: `site.py lay FOLDER`, `site.py check SITE`.

The pages keep their places in the repository, so that links between them stay as they are. A link to a file that is no page or
picture, such as a configuration or a source file, leads to a page that shows it; one to a folder, to a page that lists it.
"""

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
SHOWN_AS_THEY_ARE = {".md", ".svg", ".png", ".json"}
LANGUAGES = {".rs": "rust", ".toml": "toml", ".py": "python"}
LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)]*)?\))")
START = "index.md"


def lay(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    pages = folder / "src"
    pages.mkdir(parents=True)
    for name in ("book.toml", "site.css"):
        shutil.copy(ROOT / "docs" / name, folder / name)
    shown: dict[str, Path] = {}
    names = [ROOT / name for name in PAGES] + sorted((ROOT / "docs").rglob("*.md"))
    for page in names:
        name = page.relative_to(ROOT)
        if name == Path("docs/SUMMARY.md"):
            continue
        target = pages / (START if name == Path("README.md") else name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(with_links(page.read_text(), page, shown))
    for asset in (ROOT / "docs").rglob("*"):
        if asset.suffix in SHOWN_AS_THEY_ARE - {".md"}:
            shutil.copy(asset, pages / asset.relative_to(ROOT))
    listed = []
    while waiting := [name for name in shown if name not in listed]:
        for name in waiting:
            listed.append(name)
            target = pages / f"{name}.md"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(page_of(shown[name], target, pages, shown))
    summary(pages, sorted(listed))


def with_links(text: str, page: Path, shown: dict[str, Path]) -> str:
    def replace(found: re.Match) -> str:
        before, target, after = found.groups()
        place = (page.parent / target).resolve()
        if place == ROOT / "README.md":
            return f"{before}{target[: -len('README.md')]}{START}{after}"
        if place.suffix in SHOWN_AS_THEY_ARE or not place.exists():
            return found.group(0)
        shown[place.relative_to(ROOT).as_posix()] = place
        return f"{before}{target.rstrip('/')}.md{after}"

    return LINK.sub(replace, text)


def page_of(place: Path, target: Path, pages: Path, shown: dict[str, Path]) -> str:
    name = place.relative_to(ROOT).as_posix()
    if place.is_file():
        return f"# {name}\n\n````{LANGUAGES.get(place.suffix, 'text')}\n{place.read_text().rstrip()}\n````\n"
    lines = [f"# {name}/", "", "Files of this folder in the repository:", ""]
    for entry in sorted(place.iterdir()):
        # sources would fill the site: only what one edits is shown
        if entry.suffix == ".toml":
            shown[entry.relative_to(ROOT).as_posix()] = entry
            lines.append(f"- [{entry.name}]({place.name}/{entry.name}.md)")
        else:
            lines.append(f"- {entry.name}{'/' if entry.is_dir() else ''}")
    return "\n".join(lines) + "\n"


def summary(pages: Path, shown: list[str]) -> None:
    text = (ROOT / "docs" / "SUMMARY.md").read_text()

    def replace(found: re.Match) -> str:
        before, target, after = found.groups()
        name = (ROOT / "docs" / target).resolve().relative_to(ROOT).as_posix()
        return f"{before}{START if name == 'README.md' else name}{after}"

    lines = [LINK.sub(replace, text).rstrip(), "", "# Files named in the pages", ""]
    lines += [f"- [{name}]({name}.md)" for name in shown]
    (pages / "SUMMARY.md").write_text("\n".join(lines) + "\n")


class Links(HTMLParser):
    """Targets of a page, and the places in it that others may name."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list) -> None:
        for name, value in attributes:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value and tag in ("a", "img", "link", "script"):
                self.targets.append(value)


def check(site: Path) -> None:
    read = {}
    for page in site.rglob("*.html"):
        read[page.resolve()] = links = Links()
        links.feed(page.read_text())
    faults = []
    for page, links in read.items():
        if page.name == "404.html":  # its links are those of a server's root
            continue
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme:
                continue
            place = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            anchor = unquote(parts.fragment)
            if not place.is_file():
                faults.append(f"{page.relative_to(site)}: no file {target}")
            elif anchor and place in read and anchor not in read[place].anchors:
                faults.append(f"{page.relative_to(site)}: no place {target}")
    if faults:
        sys.exit("broken links of the site:\n" + "\n".join(sorted(set(faults))))


if __name__ == "__main__":
    {"lay": lay, "check": check}[sys.argv[1]](Path(sys.argv[2]).resolve())
