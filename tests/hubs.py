"""A hub on this machine, that speaks as the Hugging Face hub does: data sets, models, commits."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

COMMIT = "0123456789abcdef" * 2 + "01234567"
LARGE = (".parquet", ".safetensors", ".onnx")  # stored by their sha256, beside Git
TOKEN = "hf_of_a_user_who_may_write"  # noqa: S105 -- of this hub alone
READER = "hf_of_a_user_who_may_read"
Files = Mapping[str, bytes]


class Answer(NamedTuple):
    code: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Hub(ThreadingHTTPServer):
    """Repositories by name (of data sets with `datasets/` before it), each a file tree a commit."""

    daemon_threads = True
    commits: dict[str, dict[str, Files]]  # by repository and commit
    refs: dict[tuple[str, str], str]  # the commit of a branch of a repository
    refused: dict[str, tuple[int, str]]  # repositories, with code and error
    damaged: dict[str, bytes]  # what is sent instead of a file
    private: set[str]
    objects: dict[str, bytes]  # large files that were sent here
    asked: list[str]  # requests so far
    tokens: set[str]  # that came with them
    tokens_elsewhere: set[str]  # that came with those to where large files are

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.commits, self.refs, self.refused, self.damaged = {}, {}, {}, {}
        self.private, self.objects, self.asked = set(), {}, []
        self.tokens, self.tokens_elsewhere = set(), set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def publish(
        self, repository: str, files: Files, commit: str = COMMIT, ref: str = "main"
    ) -> None:
        self.commits.setdefault(repository, {})[commit] = dict(files)
        self.refs[repository, ref] = commit

    def files(self, repository: str) -> Files:
        """Return the files of the main branch."""
        return self.commits[repository][self.refs[repository, "main"]]


@contextmanager
def serving() -> Iterator[Hub]:
    with Hub() as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Have the hub's library try again at once where nobody answers."""
    patch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(self._get())

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self._send(self._post(self._body()))

    def do_PUT(self) -> None:
        body = self._body()
        self.server.objects[sha256(body).hexdigest()] = body
        self._send(Answer(200))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _send(self, answer: Answer) -> None:
        self.server.asked.append(f"{self.command} {self.path} {answer.code}")
        self.send_response(answer.code)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _get(self) -> Answer:
        path = unquote(urlsplit(self.path).path).strip("/")
        here = not path.startswith("cdn/")
        (self.server.tokens if here else self.server.tokens_elsewhere).add(self._token())
        if not here:
            return Answer(200, self.server.objects[path.rpartition("/")[2]])
        if path.startswith("api/"):
            return self._told(path.removeprefix("api/").removeprefix("models/"))
        repository, _, rest = path.partition("/resolve/")
        # A branch with slashes is quoted twice.
        revision, _, name = rest.partition("/")
        found = self._at(repository, revision)
        return found if isinstance(found, Answer) else self._file(*found, name)

    def _told(self, path: str) -> Answer:
        """Answer what the API is asked about a repository: its commit, or what is in it."""
        repository, word, revision = path, "", "main"
        for each in ("/tree/", "/revision/"):
            if each in path:
                (repository, _, revision), word = path.partition(each), each
        found = self._at(repository, revision)
        if isinstance(found, Answer):
            return found
        commit, files = found
        if word == "/tree/":
            return as_json([entry(name, data) for name, data in files.items()])
        name = repository.removeprefix("datasets/")
        siblings = [{"rfilename": each} for each in files]
        private = repository in self.server.private
        return as_json({"id": name, "sha": commit, "private": private, "siblings": siblings})

    def _at(self, repository: str, revision: str) -> tuple[str, Files] | Answer:
        if repository in self.server.refused:
            return error(*self.server.refused[repository])
        if repository not in self.server.commits:
            return error(404, "RepoNotFound")
        commit = self.server.refs.get((repository, revision), revision)
        if commit not in self.server.commits[repository]:
            return error(404, "RevisionNotFound")
        return commit, self.server.commits[repository][commit]

    def _file(self, commit: str, files: Files, name: str) -> Answer:
        if name not in files:
            return error(404, "EntryNotFound")
        data, head = files[name], {"X-Repo-Commit": commit}
        if not name.endswith(LARGE):
            return Answer(200, data, {**head, "ETag": f'"{blob(data)}"'})
        digest = sha256(data).hexdigest()
        self.server.objects[digest] = self.server.damaged.get(name, data)
        linked = {"X-Linked-ETag": f'"{digest}"', "X-Linked-Size": str(len(data))}
        return Answer(302, b"", {**head, **linked, "Location": self._elsewhere(digest)})

    def _elsewhere(self, digest: str) -> str:
        """Return the address of a large file, which is on another host than the hub."""
        return f"http://localhost:{self.server.server_port}/cdn/{digest}"

    def _post(self, body: bytes) -> Answer:
        token = self._token()
        path = unquote(urlsplit(self.path).path).strip("/")
        if path == "api/validate-yaml":
            front = json.loads(body)["content"]
            good = front.startswith("---\n") and "license:" in front
            return as_json({"errors": [] if good else [{"message": "bad"}], "warnings": []})
        if token != TOKEN:
            return error(403 if token == READER else 401, "")
        if path == "api/repos/create":
            return self._create(json.loads(body))
        if path.endswith("/lfs/objects/batch"):
            return as_json({"objects": [self._slot(each) for each in json.loads(body)["objects"]]})
        repository, word, _ = path.removeprefix("api/models/").rsplit("/", 2)
        return self._change(repository, word, body)

    def _change(self, repository: str, word: str, body: bytes) -> Answer:
        if repository not in self.server.commits:
            return error(404, "RepoNotFound")
        if word == "preupload":
            return as_json({"files": [mode(each["path"]) for each in json.loads(body)["files"]]})
        return self._commit(repository, [json.loads(line) for line in body.splitlines()])

    def _create(self, wanted: dict[str, Any]) -> Answer:
        repository = f"{wanted['organization'] or 'me'}/{wanted['name']}"
        if repository in self.server.refused:
            return error(*self.server.refused[repository])
        address = {"url": f"{self.server.address}/{repository}"}
        if repository in self.server.commits:
            return Answer(409, as_json(address).body)
        self.server.publish(repository, {".gitattributes": b""}, "0" * 40)
        if wanted.get("visibility") == "private" or wanted.get("private"):
            self.server.private.add(repository)
        return as_json(address)

    def _slot(self, wanted: dict[str, Any]) -> dict[str, Any]:
        href = f"{self.server.address}/lfs/{wanted['oid']}"
        actions = {"upload": {"href": href}} if wanted["oid"] not in self.server.objects else None
        return {**wanted, **({"actions": actions} if actions else {})}

    def _commit(self, repository: str, lines: list[dict[str, Any]]) -> Answer:
        files = dict(self.server.files(repository))
        for value in (line["value"] for line in lines if line["key"] == "file"):
            files[value["path"]] = b64decode(value["content"])
        for value in (line["value"] for line in lines if line["key"] == "lfsFile"):
            files[value["path"]] = self.server.objects[value["oid"]]
        commit = sha1(repr(sorted(files)).encode()).hexdigest()  # noqa: S324 -- Git's
        self.server.publish(repository, files, commit)
        place = f"{self.server.address}/{repository}/commit/{commit}"
        return as_json({"commitUrl": place, "commitOid": commit, "hookOutput": ""})


def as_json(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def error(code: int, name: str) -> Answer:
    return Answer(code, b"{}", {"X-Error-Code": name} if name else {})


def blob(data: bytes) -> str:
    """Return the id of a file in Git."""
    return sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324 -- Git's


def entry(name: str, data: bytes) -> dict[str, object]:
    """Return what the tree of a commit says of a file."""
    told = {"type": "file", "path": name, "size": len(data), "oid": blob(data)}
    if not name.endswith(LARGE):
        return told
    digest = sha256(data).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n"
    large = {"oid": digest, "size": len(data), "pointerSize": len(pointer)}
    return {**told, "oid": blob(pointer.encode()), "lfs": large}


def mode(path: str) -> dict[str, object]:
    kind = "lfs" if path.endswith(LARGE) else "regular"
    return {"path": path, "uploadMode": kind, "shouldIgnore": False}
