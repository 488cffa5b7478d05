"""A repository's address: as people paste it, as the files spell it, and what can open it.

Needs nothing but Python, so that the publishing workflow can use it before any install.
"""

import re
from urllib.parse import quote, urlsplit

EXAMPLE = "https://github.com/owner/name"
# owner/name and no deeper folders; elsewhere (GitLab) groups lie in groups
TWO_NAMES = {"github.com", "bitbucket.org", "codeberg.org"}
PUBLIC = TWO_NAMES | {"gitlab.com"}  # these answer to https, whatever was pasted
NO_REPOSITORIES = {"colab.research.google.com", "gist.github.com", "mybinder.org", "nbviewer.org"}
NO_REPOSITORIES |= {"raw.githubusercontent.com", "api.github.com", "docs.github.com"}
NO_OWNERS = {"apps", "explore", "features", "login", "marketplace", "notifications", "orgs"}
NO_OWNERS |= {"search", "settings", "sponsors", "topics", "users"}
# what follows a repository in a browser's address on GitLab, Gitea and their like
PARTS = {"-", "blame", "blob", "commits", "edit", "issues", "raw", "src", "tree", "wiki", "wikis"}
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?")
NAME = re.compile(r"\w([\w.-]*[\w-])?", re.ASCII)


def tidy(pasted: str) -> str:
    """Return a repository's address as the files spell it.

    A browser's address of a file, a branch or a tab becomes that of its repository; a name, a
    password or a token in it is dropped.

    >>> tidy("git@github.com:Anna/kurs.git"), tidy("https://github.com/Anna/kurs/tree/main?x=1#y")
    ('https://github.com/Anna/kurs', 'https://github.com/Anna/kurs')

    Raises:
        SystemExit: one line that says what to give.
    """
    scheme, host, path = _split(pasted)
    names = _names(host, path)
    right = HOST.fullmatch(host) and len(names) >= 2 and all(map(NAME.fullmatch, names))
    if not right or host in NO_REPOSITORIES or (host == "github.com" and names[0] in NO_OWNERS):
        raise SystemExit(f"URL={pasted!r} is not a repository's address: write {EXAMPLE}")
    address = f"https://{host}/{'/'.join(names)}"
    if scheme != "https" and host not in PUBLIC:
        raise SystemExit(f"URL={pasted!r} is not read over https: if {address} is, give that")
    return address


def _split(pasted: str) -> tuple[str, str, str]:
    """Return the scheme, the host with its port, and the path of what was pasted."""
    text = pasted.strip().strip("<>\"'").removeprefix("git+")
    over_ssh = re.fullmatch(r"(?:ssh://)?git@([\w.-]+)(?::\d+(?=/))?[:/](.+)", text, re.ASCII)
    if over_ssh:
        return "https", over_ssh[1].lower(), over_ssh[2]
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = re.sub(r"^www\.(?=github\.com$|gitlab\.com$)", "", parts.hostname or "")
        return parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path
    except ValueError:  # a port that is no number, a bracket without its other
        return "", "", ""


def _names(host: str, path: str) -> list[str]:
    """Return the names that lead to the repository: owner and name, or groups and name."""
    names = [name for name in path.split("/") if name]
    site = re.fullmatch(r"([\w-]+)\.(github|gitlab)\.io", host)
    if site:
        meant = f"https://{site[2]}.com/{site[1]}/{names[0] if names else host}"
        raise SystemExit(f"{host} shows a site; its repository is perhaps {meant}: give that")
    inside = [n for n, name in enumerate(names) if n >= 2 and name in PARTS]
    two = host in TWO_NAMES or "github" in host
    names = names[: 2 if two else inside[0] if inside else None]
    return [*names[:-1], names[-1].removesuffix(".git")] if names else []


def binder(address: str) -> str:
    """Return how mybinder.org names a repository, behind `/v2/` and in front of the branch.

    >>> binder("https://github.com/a/b"), binder("https://gitlab.com/a/b/c")
    ('gh/a/b', 'gl/a%2Fb%2Fc')
    """
    place = urlsplit(address)
    if place.netloc == "github.com":
        return f"gh{place.path}"
    if place.netloc == "gitlab.com":
        return f"gl/{quote(place.path[1:], safe='')}"
    return f"git/{quote(address, safe='')}"


def colab(address: str) -> str:
    """Return how Colab names a repository, or nothing: it opens GitHub's only.

    >>> colab("https://github.com/a/b"), colab("https://gitlab.com/a/b")
    ('github/a/b', '')
    """
    place = urlsplit(address)
    return f"github{place.path}" if place.netloc == "github.com" else ""


def provider(address: str) -> str:
    """Return whose software runs the host, if its name says so, or nothing.

    >>> provider("https://gitlab.uni.example/a/b"), provider("https://code.example/a/b")
    ('gitlab', '')
    """
    host = urlsplit(address).netloc
    return next((name for name in ("github", "gitlab", "bitbucket") if name in host), "")


def pages(address: str) -> str:
    """Return where GitHub or GitLab publishes a repository's pages, or nothing for another host.

    >>> pages("https://github.com/Anna/kurs"), pages("https://gitlab.com/uni/ki/kurs")
    ('https://anna.github.io/kurs/', 'https://uni.gitlab.io/ki/kurs/')
    >>> pages("https://github.com/anna/anna.github.io"), pages("https://code.example/a/b")
    ('https://anna.github.io/', '')
    """
    place = urlsplit(address)
    if place.netloc not in ("github.com", "gitlab.com"):
        return ""
    owner, _, name = place.path[1:].partition("/")
    host = f"{owner.lower()}.{place.netloc.removesuffix('.com')}.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"
