-- Blocks that outlive a request, and their embeddings. Every statement may run again.

CREATE EXTENSION IF NOT EXISTS vector;

-- `owner` is who may see a block: a project of the service, or the hash of a library user's api_key.
-- What no chunk reaches is left out of `search`: PostgreSQL takes no text vector above 1 MB.
CREATE TABLE IF NOT EXISTS blocks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner text NOT NULL,
    document_id uuid,
    position integer NOT NULL DEFAULT 0,
    content_hash text NOT NULL,
    content text NOT NULL,
    type text NOT NULL,
    tokens integer NOT NULL,
    title_path text NOT NULL DEFAULT '',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    search tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', left(title_path, 2000)), 'B')
        || setweight(to_tsvector('english', left(content, 100000)), 'D')
    ) STORED,
    CONSTRAINT valid_type CHECK (
        type IN ('system', 'developer', 'user', 'assistant', 'tool', 'doc', 'constraint')
    )
);

CREATE INDEX IF NOT EXISTS idx_blocks_owner ON blocks (owner, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_blocks_document ON blocks (document_id, position);
CREATE INDEX IF NOT EXISTS idx_blocks_content_hash ON blocks (owner, content_hash);
CREATE INDEX IF NOT EXISTS idx_blocks_search ON blocks USING gin (search);
CREATE INDEX IF NOT EXISTS idx_blocks_metadata ON blocks USING gin (metadata jsonb_path_ops);

-- Only vectors of one model are compared. `owner` stands here once more, so that a search by vector filters
-- without a join.
CREATE TABLE IF NOT EXISTS embeddings (
    block_id uuid NOT NULL REFERENCES blocks (id) ON DELETE CASCADE,
    model text NOT NULL,
    owner text NOT NULL,
    embedding vector(384) NOT NULL,
    PRIMARY KEY (block_id, model)
);

CREATE INDEX IF NOT EXISTS idx_embeddings_owner ON embeddings (owner, model);
-- Measured by `manage.py vectors`: the default ef_construction of 64 finds 9 of 10 among 100,000.
CREATE INDEX IF NOT EXISTS idx_embeddings_vector ON embeddings USING hnsw (embedding vector_cosine_ops)
    WITH (m = 16, ef_construction = 200);
