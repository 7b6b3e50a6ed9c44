#!/usr/bin/env bash
# Stops what up.sh started, by its pid files. usage: down.sh DIR
dir=${1:?DIR}
for pid in "$dir"/run/*.pid; do [ -f "$pid" ] && kill "$(cat "$pid")" 2> /dev/null; done
for _ in $(seq 1 40); do
  alive=0; for pid in "$dir"/run/*.pid; do [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2> /dev/null && alive=1; done
  [ "$alive" = 0 ] && break; sleep 0.1
done
for pid in "$dir"/run/*.pid; do [ -f "$pid" ] && kill -9 "$(cat "$pid")" 2> /dev/null; done
rm -f "$dir"/run/*
