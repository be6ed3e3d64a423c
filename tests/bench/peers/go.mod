// Programs that gmptop is measured against; built by tests/bench/peers/run.sh, never shipped.
module gmptop.test/peers

go 1.21

require github.com/DataDog/gostackparse v0.7.0
