"""As much of the library of this name as snippets use, for machines without it: tests install nothing from the outside."""
import json as jsonlib
import urllib.error
import urllib.request


class HTTPError(Exception):
    pass


class Response:
    def __init__(self, raw, status, stream):
        self.status_code = status
        self._raw = raw
        self._content = None if stream else raw.read()

    @property
    def content(self):
        if self._content is None:
            self._content = self._raw.read()
        return self._content

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return jsonlib.loads(self.content)

    def raise_for_status(self):
        if self.status_code >= 400:
            raise HTTPError(f"{self.status_code}: {self.text}")

    def iter_lines(self):
        for line in self._raw:
            yield line.rstrip(b"\r\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._raw.close()


class Session:
    def __init__(self):
        self.headers = {}

    def request(self, method, url, headers=None, json=None, data=None, stream=False, timeout=None):
        sent = {**self.headers, **(headers or {})}
        if json is not None:
            data = jsonlib.dumps(json).encode()
            sent.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(url, data=data, headers=sent, method=method)
        try:
            raw = urllib.request.urlopen(request, timeout=timeout)
        except urllib.error.HTTPError as refused:
            raw = refused
        return Response(raw, raw.status, stream)

    def get(self, url, **options):
        return self.request("GET", url, **options)

    def post(self, url, **options):
        return self.request("POST", url, **options)


def get(url, **options):
    return Session().get(url, **options)


def post(url, **options):
    return Session().post(url, **options)


def put(url, **options):
    return Session().request("PUT", url, **options)


def patch(url, **options):
    return Session().request("PATCH", url, **options)


def delete(url, **options):
    return Session().request("DELETE", url, **options)


def head(url, **options):
    return Session().request("HEAD", url, **options)


def options(url, **options):
    return Session().request("OPTIONS", url, **options)
