CREATE SCHEMA access;

CREATE TABLE access.keys (
    id          text        NOT NULL,
    name        text        NOT NULL,
    role        text        NOT NULL,
    -- SHA-256 of the secret; the secret itself is stored nowhere.
    secret_hash bytea       NOT NULL,
    development boolean     NOT NULL,
    created_at  timestamptz NOT NULL,
    -- NULL while the key is valid.
    revoked_at  timestamptz,
    CONSTRAINT keys_pkey PRIMARY KEY (id),
    CONSTRAINT keys_name_not_empty CHECK (name <> ''),
    CONSTRAINT keys_role_known CHECK (role IN ('frontend', 'registrar', 'timer', 'official', 'admin')),
    CONSTRAINT keys_secret_hash_is_sha256 CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT keys_revoked_after_created CHECK (revoked_at >= created_at)
);

CREATE UNIQUE INDEX keys_one_development ON access.keys (name) WHERE development;
