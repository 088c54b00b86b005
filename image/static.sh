# Static programs: the same sources, toolchain and Cargo.lock give the same bytes, wherever the checkout is. Sourced by
# scripts that stand in the checkout's root and have `fail`.

triple=$(uname -m)-unknown-linux-musl
static_flags=
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# Adds the musl target and musl-gcc where rustup and apt-get can. Where one cannot be had, glibc is linked statically: that
# needs nothing more, but names are then resolved without the machine's own plugins for it (an operator in a Pod resolves none).
need_static_toolchain() {
  if ! command -v musl-gcc >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing musl-gcc (Debian's package musl-tools, which stays): it compiles the C part of the cryptography." >&2
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends --no-remove musl-tools; } >/dev/null || true
  fi
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$triple" ] && command -v rustup >/dev/null; then
    echo "Adding Rust's target $triple." >&2
    rustup target add "$triple" >&2 || true
  fi
  if ! command -v musl-gcc >/dev/null || [ ! -d "$(rustc --print sysroot)/lib/rustlib/$triple" ]; then
    echo "No musl here (musl-gcc from musl-tools, and \`rustup target add $triple\`): glibc is linked statically instead." >&2
    triple=$(uname -m)-unknown-linux-gnu
    static_flags='-C target-feature=+crt-static'
  fi
}

# static_program PACKAGE NAME: builds it, and prints its path.
static_program() {
  local cargo_home=${CARGO_HOME:-$HOME/.cargo}
  need_static_toolchain
  # Paths of this machine would get into the messages of panics, and with them into the bytes.
  RUSTFLAGS="$static_flags --remap-path-prefix=$PWD=/appnet --remap-path-prefix=$target=/target --remap-path-prefix=$cargo_home=/cargo" \
    CARGO_INCREMENTAL=0 SOURCE_DATE_EPOCH=0 CC_x86_64_unknown_linux_musl=musl-gcc CC_aarch64_unknown_linux_musl=musl-gcc \
    cargo build --locked --release --target "$triple" --package "$1" --bin "$2" >&2
  echo "$target/$triple/release/$2"
}
