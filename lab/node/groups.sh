# The node's control groups. They have no namespace of their own: a root for each lab is what can be removed at its end.
# Sourced.

# The mounted trees: one with control groups v2, one for each controller with v1.
group_trees() { findmnt -rn -t cgroup,cgroup2 -o TARGET | grep '^/sys/fs/cgroup' || true; }

make_groups() { # NAME
  local tree file
  for tree in $(group_trees); do mkdir -p "$tree/$1"; done
  # A new cpuset of v1 is empty and takes no process.
  for file in cpuset.cpus cpuset.mems; do
    if [ -f "/sys/fs/cgroup/cpuset/$file" ]; then cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$1/$file"; fi
  done
}

# They can go when their last process has gone, which takes a moment.
remove_groups() { # NAME
  local tree tenths
  # An empty name would mean those of the whole machine.
  [[ $1 == appnet-lab-* ]] || return 0
  for tree in $(group_trees); do
    for ((tenths = 0; tenths < 100; tenths++)); do
      [ -d "$tree/$1" ] || break
      find "$tree/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
      [ ! -d "$tree/$1" ] || sleep 0.1
    done
    [ ! -d "$tree/$1" ] || echo "lab/node.sh: the control group $tree/$1 stays" >&2
  done
}
