"""The one tree of errors that mien raises on purpose.

::

    MienError                     one clear sentence for the person who sees it
    ├── UsageError                the call itself is wrong (exit code 2)
    │   └── SettingsError         an unknown key, a value out of range, a file that is no YAML
    │       └── SettingsFixed     a setting that is not to be changed from where somebody tries to
    ├── SourceError               pictures, videos and cameras
    │   ├── SourceNotFound        the path does not exist or holds nothing to read
    │   ├── SourceUnreadable      it exists and is broken or of a kind that cannot be read
    │   ├── SourceUnreachable     a live source that refuses, times out or rejects the password
    │   └── SourceStalled         a live source that delivers nothing any more
    ├── ModelError                model files
    │   ├── ModelUnknown          no card of that name
    │   ├── ModelUnavailable      no source could deliver the file
    │   ├── ModelCorrupt          the bytes are not what the card promises, or they do not load
    │   ├── ModelNotAccepted      its terms of use have to be accepted first
    │   └── ModelMismatch         values of two different models are being compared
    ├── GalleryError              people
    │   ├── EnrolmentRefused      the picture is not good enough; the message gives the reason
    │   ├── PersonUnknown         no person of that name or id
    │   └── PeopleChanged         somebody else changed people meanwhile
    ├── AccountError              accounts of the web app: a name that is taken, the last admin
    │   └── AccountUnknown        no account or key of that id
    ├── StoreError                the database and the files beside it
    │   ├── StoreBusy             another process is at work in the database for longer than one waits
    │   ├── BeingForgotten        somebody else is at work forgetting the same person
    │   └── StoreTooNew           written by a newer version of mien
    ├── DisplayMissing            there is no screen, or nothing that opens a window on it
    └── ResultError               a result could not be written (a full disk, no permission)
"""


class MienError(Exception):
    """Root of the tree: its text is one sentence, without secrets, fit to print to a person."""


class UsageError(MienError):
    """The call itself is wrong."""


class SettingsError(UsageError):
    """A settings file or a setting is wrong; ``faults`` are the keys and what is wrong with each, if known."""

    def __init__(self, told: str = "", faults: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(told)
        self.faults = faults


class SettingsFixed(SettingsError):
    """A setting is not to be changed from here: the environment says it, or it is for whoever is at the machine."""


class SourceError(MienError):
    """A picture, video or camera cannot be used."""


class SourceNotFound(SourceError):
    """The path does not exist or holds nothing to read."""


class SourceUnreadable(SourceError):
    """The file exists and is broken, or of a kind that cannot be read."""


class SourceUnreachable(SourceError):
    """A live source refuses, times out or rejects the password."""


class SourceStalled(SourceError):
    """A live source delivers nothing any more."""


class ModelError(MienError):
    """A model file cannot be used."""


class ModelUnknown(ModelError):
    """The catalogue holds no card of that name."""


class ModelUnavailable(ModelError):
    """No source could deliver the file of a model."""


class ModelCorrupt(ModelError):
    """The bytes of a model file are not what its card promises, or they do not load."""


class ModelNotAccepted(ModelError):
    """The terms of use of a model have to be accepted before it runs."""


class ModelMismatch(ModelError):
    """Values that come from two different models are being compared."""


class GalleryError(MienError):
    """Something about people and their pictures."""


class EnrolmentRefused(GalleryError):
    """A picture is not good enough to enrol; the message gives the reason."""


class PersonUnknown(GalleryError):
    """No person of that name or id."""


class PeopleChanged(GalleryError):
    """Somebody else changed people since they were looked at."""


class AccountError(MienError):
    """An account of the web app cannot be made or changed so."""


class AccountUnknown(AccountError):
    """No account of the web app, or none of its keys, has that id."""


class StoreError(MienError):
    """The database, or a file beside it, cannot be used."""


class KeyUnusable(StoreError):
    """Where the key of a home has to be is none that opens it; ``place`` is where that is, in words."""

    def __init__(self, told: str, place: str) -> None:
        super().__init__(told)
        self.place = place


class StoreBusy(StoreError):
    """Another process kept the database locked for longer than anybody waits; later it may be used again."""


class BeingForgotten(StoreError):
    """The same person is being forgotten already, by another process or another thread of this one."""


class StoreTooNew(StoreError):
    """The database was written by a newer version of mien."""


class DisplayMissing(MienError):
    """No window can be opened: there is no screen, or Python has no toolkit."""


class ResultError(MienError):
    """A result could not be written."""
