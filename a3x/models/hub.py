"""The Hugging Face hub: lists a repository's files and fetches one, going on where an earlier attempt was cut off.

``huggingface_hub`` is imported inside, for the daemon has no use for it. Its own whole-file download begins anew in every
process, so the step below it is used (decision 0016). ``HF_ENDPOINT``, ``HF_TOKEN`` and its other variables hold here too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from a3x.disk import FULL_ERRNOS, sync_file
from a3x.errors import A3XError, BadRequest, Forbidden, NotFound, StorageFull
from a3x.models.choice import RemoteFile

Seen = Callable[[int], None]


class HubUnreachable(A3XError): ...


class Hub:
    """Reads the hub; what it fetches lies where the caller says."""

    def __init__(self) -> None:
        # Ranges of plain HTTP can be resumed between processes; must be set before the import.
        os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # errors are raised; chatter spoils the bar

    def files(self, repo: str) -> list[RemoteFile]:
        """Every file of the main branch at its present commit. NotFound, Forbidden, BadRequest, HubUnreachable."""
        from huggingface_hub import HfApi

        with _explained(repo):
            info = HfApi().model_info(repo, files_metadata=True)
        return [
            RemoteFile(repo, info.sha or "main", one.rfilename, one.size or 0, one.lfs.sha256 if one.lfs else "")
            for one in info.siblings or ()
        ]

    def fetch(self, file: RemoteFile, part: Path, seen: Seen) -> None:
        """Complete ``part``, of which the first bytes may be there already; ``seen`` hears how many each step brought.

        Whether the content is right is the caller's to check. Raises like ``files``, and StorageFull.
        """
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers

        url = hf_hub_url(file.repo, file.path, revision=file.revision)
        if part.exists() and part.stat().st_size > file.size_bytes:
            part.unlink()
        with _explained(file.repo), part.open("ab") as out:
            have = out.tell()
            seen(have)
            http_get(
                url,
                out,
                resume_size=have,
                headers=build_hf_headers(),
                expected_size=file.size_bytes,
                tqdm_class=_bar(seen),
            )
        sync_file(part)


def _bar(seen: Seen) -> Any:
    """What the library takes for a progress bar."""

    class Bar:
        def __init__(self, **_: Any) -> None: ...

        def update(self, count: int) -> None:
            seen(count)

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None: ...

    return Bar


@contextmanager
def _explained(repo: str) -> Iterator[None]:
    """The library's errors as ours."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError as error:
        raise BadRequest(f"{repo!r} is not OWNER/NAME: {error}", param="repo") from error
    except errors.GatedRepoError as error:
        advice = "accept its terms on its page, then set HF_TOKEN"
        raise Forbidden(f"{repo} is given only to those who agreed to its terms: {advice}") from error
    except (errors.RepositoryNotFoundError, errors.RemoteEntryNotFoundError) as error:
        advice = "; a private one needs HF_TOKEN" if not os.environ.get("HF_TOKEN") else ""
        raise NotFound(f"the hub has no {repo}, or not that file of it{advice}", param="repo") from error
    except (errors.HfHubHTTPError, errors.OfflineModeIsEnabled, httpx2.HTTPError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise HubUnreachable(f"the hub did not give it: {first}; what was fetched is kept, try again") from error
    except OSError as error:
        if error.errno in FULL_ERRNOS:
            raise StorageFull(f"no room for the download: {error}; what was fetched is kept") from error
        raise HubUnreachable(f"the download broke off: {error}; what was fetched is kept, try again") from error
