-- The first schema. Only SQL that SQLite and PostgreSQL both accept. Times are microseconds since 1970, UTC.
-- Every table leads with the instance, so that instances can be spread over databases.

CREATE TABLE database_facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE server_keys (
    key_id     TEXT PRIMARY KEY,
    is_primary SMALLINT NOT NULL CHECK (is_primary IN (0, 1)),
    added_at   BIGINT NOT NULL
);

CREATE TABLE instances (
    instance   TEXT PRIMARY KEY CHECK (length(instance) = 16),
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    cursor_key BYTEA NOT NULL
);

-- The live token is columns of its integration: two live tokens cannot be represented (promise 2).
-- `access` is allowed_addresses and granted_permissions compiled, so that the gate reads one row (D9).
CREATE TABLE integrations (
    instance            TEXT NOT NULL REFERENCES instances (instance),
    app_id              TEXT NOT NULL UNIQUE,
    name                TEXT NOT NULL,
    description         TEXT NOT NULL,
    owner               TEXT NOT NULL,
    purpose             TEXT NOT NULL,
    created_at          BIGINT NOT NULL,
    deleted_at          BIGINT,
    enabled             SMALLINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    url_credentials     SMALLINT NOT NULL DEFAULT 1 CHECK (url_credentials IN (0, 1)),
    access              BYTEA NOT NULL,
    access_version      BIGINT NOT NULL DEFAULT 0,
    secret_digest       BYTEA NOT NULL UNIQUE,
    secret_key          TEXT NOT NULL,
    secret_set_at       BIGINT NOT NULL,
    token_digest        BYTEA UNIQUE,
    token_key           TEXT,
    issued_at           BIGINT,
    generation          BIGINT NOT NULL DEFAULT 0,
    sealed              BYTEA,
    previous_digest     BYTEA,
    previous_expires_at BIGINT,
    previous_reason     TEXT,
    PRIMARY KEY (instance, app_id),
    CHECK ((token_digest IS NULL) = (issued_at IS NULL)),
    CHECK ((token_digest IS NULL) = (sealed IS NULL)),
    CHECK (deleted_at IS NULL OR token_digest IS NULL)
);

CREATE INDEX integrations_previous_digest ON integrations (previous_digest);

CREATE TABLE granted_permissions (
    instance   TEXT NOT NULL,
    app_id     TEXT NOT NULL,
    permission TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (instance, app_id, permission),
    FOREIGN KEY (instance, app_id) REFERENCES integrations (instance, app_id)
);

CREATE TABLE allowed_addresses (
    instance TEXT NOT NULL,
    app_id   TEXT NOT NULL,
    network  TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (instance, app_id, network),
    FOREIGN KEY (instance, app_id) REFERENCES integrations (instance, app_id)
);

-- Refers to nothing, as usage does not: PostgreSQL would lock the integration's row for that, and two nodes that mint for the
-- one and note an address of the other would wait for each other. No integration's row is ever deleted.
CREATE TABLE waiting_addresses (
    instance TEXT NOT NULL,
    app_id   TEXT NOT NULL,
    address  TEXT NOT NULL,
    times    BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (instance, app_id, address)
);

-- `payload` is the exact bytes that were hashed and that clients receive (D5).
CREATE TABLE audit_events (
    instance    TEXT NOT NULL,
    sequence    BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    event_id    TEXT NOT NULL,
    kind        TEXT NOT NULL,
    actor       TEXT NOT NULL,
    target      TEXT NOT NULL,
    address     TEXT NOT NULL,
    payload     BYTEA NOT NULL,
    digest      BYTEA NOT NULL,
    PRIMARY KEY (instance, sequence)
);

CREATE TABLE audit_heads (
    instance    TEXT PRIMARY KEY REFERENCES instances (instance),
    sequence    BIGINT NOT NULL,
    digest      BYTEA NOT NULL,
    recorded_at BIGINT NOT NULL,
    cut         BIGINT NOT NULL
);

CREATE TABLE audit_cuts (
    instance    TEXT NOT NULL REFERENCES instances (instance),
    through     BIGINT NOT NULL,
    digest      BYTEA NOT NULL,
    recorded_at BIGINT NOT NULL,
    note        TEXT NOT NULL,
    PRIMARY KEY (instance, through)
);

CREATE TABLE audit_rollup (
    instance TEXT NOT NULL REFERENCES instances (instance),
    hour     BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    count    BIGINT NOT NULL,
    PRIMARY KEY (instance, hour, kind)
);

CREATE TABLE usage (
    instance   TEXT NOT NULL REFERENCES instances (instance),
    app_id     TEXT NOT NULL,
    permission TEXT NOT NULL,
    address    TEXT NOT NULL,
    day        BIGINT NOT NULL,
    times      BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    PRIMARY KEY (instance, app_id, permission, address, day)
);
