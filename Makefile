.DEFAULT_GOAL := help
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
PROMETHEUS ?=
ONCE ?=
WINDOW ?= 12

.PHONY: help demo demo-cpu train test test-conformance test-kills chaos test-fuzz lint bench

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

demo: ## everything on this machine: simulated cluster (or PROMETHEUS=http://host:9090); ONCE=1 injects a fault, asserts the alert, exits
	@./anomaly demo $(if $(PROMETHEUS),--prometheus $(PROMETHEUS)) $(if $(ONCE),--once)

demo-cpu: ## injects a CPU fault into the running demo and waits for its alert
	@./anomaly demo-cpu

train: ## trains a model on the last WINDOW hours (12) in the running system (that of up, or of the demo)
	@./anomaly train --window $(WINDOW)h --follow

test: ## restores, installs test servers where it may, builds, runs every test
	@eng/test.sh

test-conformance: ## the Dapr conformance suite and the probes against the embedded runtime
	@eng/test-conformance.sh

test-kills: ## KILLS=1000 kill -9 of runtime and apps during WORKFLOWS=200 workflows, then during pub/sub; SEED=1; ends with the figures
	@eng/test-kills.sh

chaos: ## ROUNDS=200 random faults against a running system; SEED=1; ends with the figures
	@eng/test-chaos.sh

test-fuzz: ## REQUESTS=100000 malformed HTTP and gRPC requests to two running runtimes; SEED=1; ends with the figures
	@eng/test-fuzz.sh

lint: ## style, layout, length of lines, documents of docs/api, shell scripts and YAML
	@eng/lint.sh

bench: ## workflows, round trips and the path of a sample, with figures (kernels: dotnet run -c Release --project bench -- --filter '*')
	@./anomaly bench workflow --count 2000 --activities 5
	@./anomaly bench dapr
	@./anomaly bench pipeline --series 2500
