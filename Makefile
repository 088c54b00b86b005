# Thin names for what the scripts and cargo do. `make` alone lists them.

.PHONY: help demo demo-down lab lab-down lab-extras lab-operator lab-shell image test mutants lint fmt crd examples bench clean chart config

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## see it work, on a throw-away node or control plane (CLUSTER=current: in your cluster; KEEP=1: leave it up)
	@demo/demo.sh

demo-down: ## end a demo that was started with KEEP=1
	@demo/demo.sh down

# Where labs are; NAME tells several apart.
NAME ?= lab
CNI ?= cilium
LAB ?= $${XDG_CACHE_HOME:-$$HOME/.cache}/appnet-lab/run/$(NAME)

lab: ## a Kubernetes node with Cilium, in namespaces of its own (CNI=none: nothing enforces policies; NAME=...: several)
	@lab/build.sh --node
	@lab/node.sh up "$(LAB)" --cni $(CNI)
	@lab/node.sh status "$(LAB)"
	@printf '\n  export KUBECONFIG=%s PATH=%s:$$PATH\n' "$(LAB)/kubeconfig" "$$(lab/build.sh --bin)"

lab-down: ## end it, without a trace
	@if [ -e "$(LAB)" ]; then lab/node.sh down "$(LAB)" && echo "$(NAME) is down."; else echo "There is no lab named $(NAME)."; fi

lab-operator: image ## build the operator, and install it in the lab by its chart
	@lab/node.sh load "$(LAB)" "$${CARGO_TARGET_DIR:-target}/appnet-operator.tar"
	@lab/node.sh exec "$(LAB)" helm upgrade --install appnet charts/appnet --namespace appnet-system --create-namespace --wait --timeout 2m

lab-extras: ## what stands around an app: an ingress controller, Prometheus, a listener for OTLP
	@lab/extras.sh "$(LAB)"

lab-shell: ## a shell inside it, with kubectl, helm and cilium-dbg
	@lab/node.sh exec "$(LAB)" "$${SHELL:-bash}"

image: ## the operator's image as a file, without a container engine
	@image/build.sh

test: ## all tests, with a real control plane where they need one
	@tests/run.sh

# Which sources cargo-mutants breaks, and which part of the mistakes it tries: SHARD=0/5 is every fifth.
FILES ?= src/reach/** src/policy/** src/plan/**
SHARD ?= 0/1

mutants: ## break the program on purpose, and see whether the tests notice (docs/mutants.md; FILES=..., SHARD=k/n)
	@tests/second_opinion/mutants.sh
	@APPNET_FUZZ_CASES=80 APPNET_FUZZ_TOLD=0 APPNET_DECLARED_CASES=60 cargo mutants --no-shuffle -j1 --timeout 180 --build-timeout 300 \
	  --output "$${CARGO_TARGET_DIR:-target}" --shard $(SHARD) --sharding round-robin --test-tool cargo $(foreach file,$(FILES),--file '$(file)') \
	  -- --lib --test second_opinion --test declared --test truth_tables --test properties --test the_usual_policies --test render \
	  --test plan --test oracle --test explain --test lint

lint: ## formatting and lints, as strict as the continuous integration
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt: ## format the code
	cargo fmt

crd: ## write crds/ anew from the types
	cargo run --quiet --bin crdgen > crds/appnetworkprofiles.yaml.new
	mv crds/appnetworkprofiles.yaml.new crds/appnetworkprofiles.yaml

examples: ## write the expected policies in examples/ anew
	UPDATE_EXAMPLES=1 cargo test --test examples

chart: ## write what is generated in charts/appnet anew: the definition, the settings and rights in its README, the platform's schema
	UPDATE_CHART=1 cargo test --quiet --test chart -- generated:: readme::

config: ## write config/ anew from the chart
	UPDATE_CHART=1 cargo test --quiet --test chart -- config::the_folder

bench: ## benchmarks, an hour and more (BENCH=reach: one of operator, reach, wire; docs/benchmarks.md)
	@tests/second_opinion/install.sh
	cargo bench $(if $(BENCH),--bench $(BENCH))

clean: ## remove what cargo built (the control plane's programs stay: `lab/build.sh --bin` says where)
	cargo clean
