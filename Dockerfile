# A static binary in a small image: docker build --build-arg COMMIT=$(git rev-parse --short=12 HEAD) -t guestwire .
# docker run --rm -it guestwire                                  the console on the built-in sandbox
# docker run --rm -v guestwire:/home/guest -e GENESYSCLOUD_REGION … guestwire send --profile env …
FROM rust:1.90-alpine AS build
# SQLite and the TLS library are partly written in C.
RUN apk add --no-cache build-base
WORKDIR /source
COPY . .
ARG COMMIT=unknown
RUN GUESTWIRE_COMMIT=$COMMIT cargo build --profile dist --locked

FROM alpine:3
# Certificates of the system and time zones; certificates come with guestwire too.
RUN apk add --no-cache ca-certificates tzdata && adduser -D guest && mkdir /work && chown guest /work
COPY --from=build /source/target/dist/guestwire /usr/local/bin/guestwire
USER guest
# Pass files and reports: mount them here. Config and journal are in the home directory: mount a volume to keep them.
WORKDIR /work
ENTRYPOINT ["guestwire"]
