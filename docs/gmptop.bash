# bash completion for gmptop: commands, options and process names
_gmptop()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--sources) COMPREPLY=($(compgen -W "memory bpf proc pprof metrics expvar hystrix prometheus" -- "$cur")); return ;;
	--color) COMPREPLY=($(compgen -W "auto always never" -- "$cur")); return ;;
	--theme) COMPREPLY=($(compgen -W "default colorblind contrast mono" -- "$cur")); return ;;
	--severity) COMPREPLY=($(compgen -W "weak strong proven" -- "$cur")); return ;;
	--prometheus) return ;;
	--bearer-file|--user-file|--cert|--key|--cacert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	esac
	case $cur in
	-*) COMPREPLY=($(compgen -W "$(gmptop --help 2>/dev/null | grep -o -- '^  --[a-z-]*')" -- "$cur")) ;;
	*) COMPREPLY=($(compgen -W "once stream check dump doctor docs $(ps -eo comm= 2>/dev/null | sort -u)" -- "$cur")) ;;
	esac
}
complete -F _gmptop gmptop
