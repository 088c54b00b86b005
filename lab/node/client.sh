#!/bin/sh
# The entry point of both lab images. Without arguments: HTTP 200 on port 80, with a text that names the Pod.
# Else the arguments are a command, or curl's own.
if [ $# -eq 0 ]; then
  echo "Server name: $(hostname)" >/www/index.txt
  httpd -f -p 80 -h /www -c /etc/httpd.conf &
  # The first process of a container gets no default signal handling: without this the Pod would take 30 s to go.
  trap 'kill $!' TERM INT
  wait
  exit
fi
case $1 in -*) exec curl "$@" ;; esac
if command -v "$1" >/dev/null; then exec "$@"; else exec curl "$@"; fi
