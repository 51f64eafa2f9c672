# A small image without a shell, built from this source. It works on the folder at /work, with the credentials it is given:
#
#   docker build -t genesys-iam .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" -v "$HOME/.aws:/home/nonroot/.aws:ro" \
#       -e AWS_PROFILE -e AWS_REGION genesys-iam plan --out plan.json
FROM rust:1-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /source/target/release/genesys-iam /usr/local/bin/genesys-iam
# With --user the ID may be one that the image does not know: then it is HOME that says where ~/.aws is.
ENV HOME=/home/nonroot
WORKDIR /work
ENTRYPOINT ["genesys-iam"]
