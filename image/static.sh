# Static programs: the same sources, toolchain and Cargo.lock give the same bytes, wherever the checkout is. Sourced by
# scripts that stand in the checkout's root and have `fail`.

triple=$(uname -m)-unknown-linux-musl
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# Adds the musl target and musl-gcc where rustup and apt-get can.
need_static_toolchain() {
  if ! command -v musl-gcc >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing musl-gcc (Debian's package musl-tools), which compiles the C part of the cryptography." >&2
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends musl-tools; } >/dev/null || true
  fi
  command -v musl-gcc >/dev/null || fail "there is no musl-gcc." "Install it: apt-get install musl-tools"
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$triple" ]; then
    command -v rustup >/dev/null || fail "Rust has no target $triple." "Install it, or use rustup (https://rustup.rs)."
    echo "Adding Rust's target $triple." >&2
    rustup target add "$triple" >&2
  fi
}

# static_program PACKAGE NAME: builds it, and prints its path.
static_program() {
  local cargo_home=${CARGO_HOME:-$HOME/.cargo}
  need_static_toolchain
  # Paths of this machine would get into the messages of panics, and with them into the bytes.
  RUSTFLAGS="--remap-path-prefix=$PWD=/appnet --remap-path-prefix=$target=/target --remap-path-prefix=$cargo_home=/cargo" \
    CARGO_INCREMENTAL=0 SOURCE_DATE_EPOCH=0 CC_x86_64_unknown_linux_musl=musl-gcc CC_aarch64_unknown_linux_musl=musl-gcc \
    cargo build --locked --release --target "$triple" --package "$1" --bin "$2" >&2
  echo "$target/$triple/release/$2"
}
