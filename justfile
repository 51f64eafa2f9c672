# What contributors do. `just` lists it; each recipe is a plain command that also works without just.

# List the recipes
default:
    @just --list

# What a change must pass
ci:
    .ci/run

# The tests of one subject: just test policy::
test filter="":
    cargo test --locked --lib -- {{filter}}
    cargo test --locked --test it -- {{filter}}

# Rewrite the snapshots, then read the difference
snapshots:
    INSTA_UPDATE=always cargo test --locked --test it
    git diff tests/it/snapshots

# Write the generated pages: options, lints, causes, schemas
docs:
    UPDATE_DOCS=1 cargo test --locked

# Licences, bans and sources of dependencies; advisories where the database can be reached
deny:
    cargo deny check

# The docs as a book, with search: target/book
book:
    mdbook build

# Make a release commit and tag: just release 0.2.0
release version:
    ci/release.sh {{version}}

# A Debian package of a release build: target/packages
deb:
    cargo build --release --locked
    ci/deb.sh target/release/genesys-iam target/packages

# A wheel of a release build: target/packages
wheel:
    maturin build --release --out target/packages

# Spelling
typos:
    typos

# Run one fuzz target for a minute: just fuzz document
fuzz target:
    cargo +nightly fuzz run --fuzz-dir fuzz {{target}} -- -max_total_time=60

# The figures of docs/performance.md
bench:
    cargo bench --bench policy
    python3 benches/fleet.py
