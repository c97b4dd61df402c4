"""The site's settings, made from a Desk. There is no settings file: what is safe is the default, and nothing comes from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from custodes.errors import UsageError
from custodes.review.desk import Desk

APP = "custodes.review.site"
HERE = Path(__file__).parent
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
SESSION_SECONDS = 12 * 3600


def database(url: str) -> dict[str, Any]:
    """Django's description of ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST:PORT/NAME``; UsageError for anything else."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536;"
        options = {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": pragmas}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(url.removeprefix("sqlite:///")), "OPTIONS": options, "CONN_MAX_AGE": None}
    if parts.scheme in ("postgresql", "postgres"):
        return {
            "ENGINE": "django.db.backends.postgresql", "NAME": unquote(parts.path.lstrip("/")), "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""), "HOST": unquote(parts.hostname or ""), "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True,
        }  # fmt: skip
    raise UsageError("not a database this site knows", where=url.split("@")[-1], advice="use postgresql://user@host/name, or leave it out for SQLite in the case")


def settings(desk: Desk, key: str, origin: str = "") -> dict[str, Any]:
    """Django's settings for ``desk``. ``key`` signs cookies. ``origin`` (``https://review.example.org``) is the address behind a proxy that speaks
    TLS; without it the site answers to loopback names only."""
    outside = urlsplit(origin)
    secure = outside.scheme == "https"
    return {
        "DESK": desk,
        "SECRET_KEY": key,
        "DEBUG": False,
        "ALLOWED_HOSTS": [outside.hostname] if outside.hostname else LOOPBACK,
        "CSRF_TRUSTED_ORIGINS": [origin] if origin else [],
        "ROOT_URLCONF": f"{APP}.urls",
        "INSTALLED_APPS": ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages", f"{APP}.apps.Desk"],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            f"{APP}.middleware.headers",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            f"{APP}.middleware.language",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        "TEMPLATES": [_templates()],
        "DATABASES": {"default": database(desk.database)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "AUTH_USER_MODEL": "desk.Account",
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
            {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        ],
        "LOGIN_URL": "/sign-in",
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        "LANGUAGE_CODE": "en",
        "LANGUAGES": LANGUAGES,
        "LOCALE_PATHS": [HERE / "locale"],
        "USE_I18N": True,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 4 << 20,
        "SESSION_COOKIE_AGE": SESSION_SECONDS,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
        "CSRF_FAILURE_VIEW": f"{APP}.middleware.csrf_failure",
        "X_FRAME_OPTIONS": "DENY",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        "LOGGING": {"version": 1, "disable_existing_loggers": False, "loggers": {"django.security": {"level": "CRITICAL"}, "django.request": {"level": "ERROR"}}},
        **(_behind_tls() if secure else {}),
    }


def _templates() -> dict[str, Any]:
    processors = ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]
    options = {"context_processors": [*processors, f"{APP}.shown.everywhere"], "libraries": {"desk": f"{APP}.tags"}}
    return {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [HERE / "templates"], "OPTIONS": options}


def _behind_tls() -> dict[str, Any]:
    """Only over TLS: cookies, redirects, and a year of HSTS. The proxy in front sets X-Forwarded-Proto and strips it from what comes in."""
    return {
        "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True, "SECURE_SSL_REDIRECT": True, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SECURE_HSTS_SECONDS": 31_536_000, "SECURE_HSTS_INCLUDE_SUBDOMAINS": True, "SECURE_HSTS_PRELOAD": True,
    }  # fmt: skip


def configure(desk: Desk, key: str, origin: str = "") -> None:
    """Set Django up for ``desk``; once per process."""
    import django
    from django.conf import settings as known

    known.configure(**settings(desk, key, origin))
    django.setup()


def migrate() -> None:
    """Make or update the tables."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
