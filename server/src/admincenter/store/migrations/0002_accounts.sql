-- The account directory. Texts that are searched in order are kept as bytes, whose order is the same on every engine.

-- The document is the SCIM resource as clients read it, but for `meta.location`; an access code is in it until it expires.
CREATE TABLE accounts (
    instance        TEXT NOT NULL REFERENCES instances (instance),
    account_id      TEXT NOT NULL,
    user_name       TEXT NOT NULL,
    user_key        BYTEA NOT NULL,
    external_id     TEXT,
    active          SMALLINT NOT NULL CHECK (active IN (0, 1)),
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    modified_at     BIGINT NOT NULL,
    invited_at      BIGINT,
    claimed_at      BIGINT,
    code_expires_at BIGINT,
    document        BYTEA NOT NULL,
    PRIMARY KEY (instance, account_id),
    CHECK (claimed_at IS NULL OR code_expires_at IS NULL)
);

CREATE UNIQUE INDEX accounts_user_key ON accounts (instance, user_key);
CREATE INDEX accounts_external_id ON accounts (instance, external_id);
CREATE INDEX accounts_created ON accounts (instance, created_at, account_id);
CREATE INDEX accounts_active ON accounts (instance, active, created_at, account_id);
CREATE INDEX accounts_modified ON accounts (instance, modified_at, account_id);
CREATE INDEX accounts_code_expires ON accounts (code_expires_at) WHERE code_expires_at IS NOT NULL;

CREATE TABLE account_emails (
    instance   TEXT NOT NULL,
    account_id TEXT NOT NULL,
    place      BIGINT NOT NULL,
    email_key  BYTEA NOT NULL,
    PRIMARY KEY (instance, account_id, place),
    FOREIGN KEY (instance, account_id) REFERENCES accounts (instance, account_id)
);

CREATE INDEX account_emails_key ON account_emails (instance, email_key, account_id);

-- An identifier that was in use once is never given again.
CREATE TABLE deleted_accounts (
    instance   TEXT NOT NULL REFERENCES instances (instance),
    account_id TEXT NOT NULL,
    deleted_at BIGINT NOT NULL,
    PRIMARY KEY (instance, account_id)
);

-- What an account looked like before each change and before its deletion, without its access code.
CREATE TABLE account_changes (
    instance   TEXT NOT NULL REFERENCES instances (instance),
    account_id TEXT NOT NULL,
    version    BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    document   BYTEA NOT NULL,
    PRIMARY KEY (instance, account_id, version)
);

CREATE INDEX account_changes_age ON account_changes (changed_at);

-- The outbox: what a sender of mail finds here as pending, it sends.
CREATE TABLE invitations (
    instance   TEXT NOT NULL REFERENCES instances (instance),
    account_id TEXT NOT NULL,
    version    BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'withdrawn', 'claimed')),
    invited_at BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (instance, account_id, version),
    CHECK ((state = 'pending') = (settled_at IS NULL))
);

CREATE INDEX invitations_settled ON invitations (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE account_counts (
    instance TEXT PRIMARY KEY REFERENCES instances (instance),
    accounts BIGINT NOT NULL CHECK (accounts >= 0)
);

CREATE TABLE instance_settings (
    instance TEXT NOT NULL REFERENCES instances (instance),
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (instance, name)
);
