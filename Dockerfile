# A small image without a shell: docker build -t genesys-iam . && docker run --rm -v "$PWD:/work" genesys-iam plan
FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /source/target/release/genesys-iam /usr/local/bin/genesys-iam
WORKDIR /work
ENTRYPOINT ["genesys-iam"]
