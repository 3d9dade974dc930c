# The topicctl image: built from this workspace, run by a user without rights.
# The cache mounts need BuildKit, which is what `docker build` uses by default.

FROM rust:1.95-slim-bookworm AS build

# librdkafka is built from source against the system's OpenSSL and zlib.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        g++ libssl-dev make pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*

# The commit, which `topicctl -V -v` tells: there is no .git here.
# docker build --build-arg TOPICCTL_COMMIT=$(git rev-parse --short=12 HEAD) .
ARG TOPICCTL_COMMIT

WORKDIR /build
COPY . .

# Cargo finds downloads and built dependencies of the last time in the mounts.
# What is in a mount is not in the image, so the binary is copied out of it.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    cargo build --release --locked --package topicctl --bin topicctl \
    && install -D target/release/topicctl /out/topicctl


FROM debian:bookworm-slim

# The system's CA certificates are what TLS connections trust by default.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/*

COPY --from=build /out/topicctl /usr/local/bin/topicctl

# By number, so that Kubernetes can see that it is not root.
USER 10001:10001

# Manifests are expected in /manifests: `manifests/` is the default path.
WORKDIR /
ENTRYPOINT ["topicctl"]
CMD ["--help"]
