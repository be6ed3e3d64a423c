# gmptop
#   make            ./gmptop                     make install   DESTDIR= PREFIX=
#   make demo       gmptop on a demo service     make deb       a Debian package
#   make test       every test                   make lint      style, static checks, direction of includes
#   make asan       tests under sanitizers       make fuzz      every parser, FUZZ_SECONDS each
#   make bench      figures of docs/performance.md
#   make matrix     Go 1.19 to 1.27, six ways of building each, read from outside
#   make differential  metrics and profiles read beside Prometheus' and Google's own parsers
#   make layouts    the table of the Go runtime's structures anew, from real toolchains
#   make deps       installs what building and testing need (SUDO= for none)
# V=1 shows commands, WERROR=1 makes warnings errors, BPF=0 leaves the kernel programs out.

VERSION := 0.1.0
B       ?= build
PREFIX  ?= /usr/local
CC      ?= cc
CLANG   ?= clang
CFLAGS  ?= -O2 -g
FUZZ_SECONDS ?= 10
SUDO    ?= $(if $(filter 0,$(shell id -u)),,sudo)
Q       := $(if $(V),,@)

PKGS := ncursesw libcurl libcjson libelf libdw zlib libdeflate
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2 \
	-Wundef -Wvla -Wpointer-arith -Wcast-qual
override CPPFLAGS += -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -I. $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
override CFLAGS   += -std=gnu11 $(WARN) $(if $(WERROR),-Werror) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined,-fstack-protector-strong -fPIE)
override LDFLAGS  += $(if $(SAN),,-pie -Wl,-z,relro,-z,now)
override LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lunistring -lm

core_src  := $(wildcard core/*.c core/base/*.c)
coll_src  := $(wildcard collectors/*.c collectors/parse/*.c collectors/gort/*.c)
parse_src := $(wildcard collectors/parse/*.c)
fuzz_src  := $(core_src) $(parse_src) $(wildcard collectors/gort/*.c) collectors/elf.c collectors/procfs.c
tui_src   := $(filter-out tui/main.c,$(wildcard tui/*.c))
lib_src   := $(core_src) $(coll_src) $(tui_src)
obj        = $(1:%.c=$(B)/%.o)
unit      := $(patsubst tests/unit/test_%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
fuzzers   := $(patsubst tests/fuzz/fuzz_%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
benches   := $(patsubst tests/bench/bench_%.c,$(B)/bench/%,$(wildcard tests/bench/bench_*.c))
services  := paymentd quiet lab load gateway fleet hystrixd
pages     := docs/gmptop.1 docs/fields.md docs/gmptop.schema.json

all: gmptop

gmptop: $(B)/gmptop
	$(Q)cp $< $@
$(B)/gmptop: $(call obj,tui/main.c $(lib_src)); $(link)
$(B)/lib.a: $(call obj,$(lib_src))
	$(Q)rm -f $@; ar rcs $@ $^
$(B)/unit/%: $(B)/tests/unit/test_%.o $(B)/lib.a; $(link_test)
$(B)/bench/%: $(B)/tests/bench/bench_%.o $(B)/lib.a; $(link)
$(B)/diff/%: $(B)/tests/diff/%.o $(B)/lib.a; $(link)
define link
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
endef
define link_test
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
endef

# Two pointers put together in one register, spilled and read in halves, wait for their own store.
$(B)/collectors/parse/prom%.o: override CFLAGS += -fno-tree-slp-vectorize

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The Go services that the demo and the tests run on; built by whichever go is there.
$(B)/services/%: $(wildcard tests/services/*.mod tests/services/*.sum tests/services/*/*.go)
	@mkdir -p $(@D)
	@echo '  GO    $@'
	$(Q)cd tests/services && go build -buildvcs=false -o $(abspath $@) ./$*
services: $(services:%=$(B)/services/%)

# `demo` and `test` install what is missing first, so that one command is enough on a bare host.
deps:
	$(Q)SUDO='$(SUDO)' sh tests/deps.sh all
demo:
	$(Q)SUDO='$(SUDO)' sh tests/deps.sh build
	+$(Q)$(MAKE) --no-print-directory gmptop $(B)/services/paymentd
	$(Q)sh tests/demo.sh ./gmptop $(B)/services/paymentd
test:
	$(Q)SUDO='$(SUDO)' sh tests/deps.sh test
	+$(Q)$(MAKE) --no-print-directory run-tests
run-unit: $(unit)
	$(Q)B=$(B) UNIT_ONLY=1 sh tests/run.sh
run-tests: gmptop $(unit) services
	$(Q)B=$(B) sh tests/run.sh
golden-write: $(B)/unit/golden
	$(Q)GOLDEN_WRITE=1 $(B)/unit/golden
asan:
	+$(Q)$(MAKE) --no-print-directory B=build/asan SAN=address,undefined CFLAGS='-O1 -g1' $(if $(UNIT_ONLY),run-unit,run-tests)
bench: gmptop $(benches) services
	$(Q)B=$(B) sh tests/bench.sh
# What no `make test` does: many Go toolchains are fetched for it.
matrix: gmptop
	$(Q)GMPTOP=$(CURDIR)/gmptop python3 tests/matrix.py
# Profiles through google/pprof as well, mutants and made ones: SEED= and N= choose them.
SEED ?= 1
N    ?= 20000
$(B)/diff/tables: $(B)/tests/diff/tables.o $(B)/lib.a; $(link)
differential: $(B)/diff/tables $(B)/diff/page
	$(Q)cd tests/diff/pprof && go build -o $(abspath $(B))/diff/pprof .
	$(Q)$(B)/diff/pprof run $(B)/diff/tables $(SEED) $(N) tests/fixtures/profile/*.pb.gz tests/fixtures/pprof/*.pb.gz
	$(Q)B=$(B) python3 tests/diff/metrics.py
layouts:
	$(Q)sh tests/layouts/generate.sh
fuzz: $(fuzzers)
	$(Q)printf '%s\n' $^ | FUZZ_SECONDS=$(FUZZ_SECONDS) xargs -P 2 -n 1 sh tests/fuzz.sh
fuzz_flags := -std=gnu11 -g1 -O1 -fno-sanitize-recover=undefined
$(B)/fuzzed/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(CLANG) $(CPPFLAGS) $(fuzz_flags) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<
$(B)/fuzzed.a: $(fuzz_src:%.c=$(B)/fuzzed/%.o)
	$(Q)rm -f $@; ar rcs $@ $^
$(B)/fuzz/%: tests/fuzz/fuzz_%.c $(B)/fuzzed.a $(wildcard tests/fuzz/*.h)
	@mkdir -p $(@D)
	@echo '  FUZZ  $@'
	$(Q)$(CLANG) $(CPPFLAGS) $(fuzz_flags) -fsanitize=fuzzer,address,undefined -o $@ $< $(B)/fuzzed.a $(LDLIBS)

# Man page, field reference and schema are printed from the program's own tables.
docs: gmptop
	$(Q)./gmptop docs man docs/gmptop.1.in >docs/gmptop.1
	$(Q)./gmptop docs fields >docs/fields.md
	$(Q)./gmptop docs schema | python3 -m json.tool --indent 1 >docs/gmptop.schema.json

lint:
	$(Q)sh tests/lint.sh

install: gmptop
	install -Dm755 gmptop $(DESTDIR)$(PREFIX)/bin/gmptop
	install -Dm644 docs/gmptop.1 $(DESTDIR)$(PREFIX)/share/man/man1/gmptop.1
	install -Dm644 docs/gmptop.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gmptop
	install -Dm644 docs/gmptop@.service $(DESTDIR)$(PREFIX)/lib/systemd/system/gmptop@.service
deb: gmptop
	$(Q)B=$(B) VERSION=$(VERSION) sh tests/deb.sh
clean:
	rm -rf build gmptop

.PHONY: all services deps demo test run-tests run-unit golden-write asan bench matrix differential layouts fuzz docs lint install deb clean
.DELETE_ON_ERROR:
.SECONDARY:
-include $(patsubst %.o,%.d,$(fuzz_src:%.c=$(B)/fuzzed/%.o) $(call obj,tui/main.c $(lib_src) $(wildcard tests/unit/*.c tests/bench/*.c tests/diff/*.c)))
