#!/bin/sh
# Installs the programs that `npm run bench -- files` compares with: rclone and restic, from Debian's packages. Run it as root.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends rclone restic
rclone version | head -n 1
restic version
