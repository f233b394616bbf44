/**
 * What a probe session runs: Bash, which every Debian has, reading from standard input. It says for each act whether it
 * was stopped. The acts are such that nothing is harmed where one is not stopped.
 */

/** Marks the probe's own lines among whatever else a session prints. */
export const probeMark = 'writ-doctor';

/** What is really there outside, which the probe must not reach. */
export interface Baits {
  /** A file in the caller's home. */
  readonly homeFile: string;
  /** A file of Writ's own state. */
  readonly stateFile: string;
  /** Of the organisation's policy in force. */
  readonly governanceFile: string;
  /** A Unix socket like an agent's; SSH_AUTH_SOCK of the launcher names it. */
  readonly socket: string;
  /** A server on the host's loopback. */
  readonly port: number;
  /** An argument of a process of the caller's. */
  readonly processArgument: string;
  /** Value of a variable in the launcher's environment. */
  readonly secret: string;
  /** A program that no profile allows, and the dynamic loader; null where the machine lacks it. */
  readonly forbiddenProgram: string | null;
  readonly loader: string | null;
}

/** @param inPlace there is no view: files can be seen to be there, and no hook is brought */
export function probeScript(baits: Baits, inPlace = false): string {
  const values = Object.entries(baits).map(([name, value]) => `${name}=${quote(String(value ?? ''))}`);
  return `${values.join('\n')}\nmark=${probeMark}\nin_place=${inPlace ? 'yes' : ''}\n${script}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** `@{` stands for what a template would take for its own. */
const script = String.raw`
say() { printf '%s\t%s\t%s\t%s\n' "$mark" "$1" "$2" "$3"; }
# Its arguments are an act that must fail.
stopped() {
  local layer=$1 probe=$2; shift 2
  if ("$@") >/dev/null 2>&1; then say "$layer" "$probe" 'reached'; else say "$layer" "$probe" 'stopped'; fi
}
seen() { if [[ -n $in_place ]]; then : < "$1"; else [[ -e $1 ]]; fi; }
append() { [[ -e $1 ]] && : >> "$1"; }
create() { : > "$1" && rm -f "$1"; }
connect_tcp() { exec 3<>"/dev/tcp/$1/$2"; }
# Sends nothing: it fails where there is no way.
way_to() { exec 3<>"/dev/udp/$1/9"; }
# The kernel's refusal, which Bash ends with 126; whatever the program itself says comes after it has started.
starts() { "$@" </dev/null; [[ $? -ne 126 ]]; }
tunnel() {
  local status
  exec 3<>"/dev/tcp/@{1/://}" || return 1
  printf 'CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n' "$2" "$2" >&3
  IFS= read -r -t 20 status <&3; [[ $status == 'HTTP/1.'[01]' 2'* ]]
}
environment() { local name; for name in $(compgen -e); do [[ @{!name} == *"$secret"* ]] && return 0; done; return 1; }
processes() {
  local file word
  for file in /proc/[0-9]*/cmdline; do
    while IFS= read -r -d '' word; do [[ $word == "$processArgument" ]] && return 0; done 2>/dev/null < "$file"
  done
  return 1
}

while [[ ! -e .git && $PWD != / ]]; do cd ..; done
say session id "$WRIT_SESSION"
stopped files 'a file of the home' seen "$homeFile"
stopped files "Writ's own state" seen "$stateFile"
stopped files 'writing the policy in force' append "$governanceFile"
stopped files "writing git's configuration" append .git/config
stopped files 'planting a git hook' create .git/hooks/writ-doctor
stopped files 'writing into the system' create /usr/writ-doctor
stopped network 'a server on the host' connect_tcp 127.0.0.1 "$port"
stopped network 'a way out of the machine' way_to 192.0.2.1
if [[ -n $HTTPS_PROXY ]]; then
  proxy=@{HTTPS_PROXY#*://}
  stopped network 'the host through the proxy' tunnel "@{proxy%/}" "127.0.0.1:$port"
  stopped network 'an unnamed host through the proxy' tunnel "@{proxy%/}" 'writ-doctor.invalid:443'
fi
if [[ -z $in_place ]]; then stopped credentials 'an agent' seen "$socket"; fi
stopped credentials 'secrets of the environment' environment
stopped processes "the caller's processes" processes
if [[ -n $forbiddenProgram ]]; then stopped programs "starting $forbiddenProgram" starts "$forbiddenProgram" --version; fi
if [[ -n $loader ]]; then stopped programs 'a program through the loader' starts "$loader" /bin/true; fi

if [[ -n $in_place ]]; then exit; fi
hook=(/run/writ/writ-exec hook /run/writ/hook.sock /run/writ/hook.token)
ask() {
  printf '{"hook_event_name":"PreToolUse","cwd":"%s","tool_name":"Bash","tool_input":{"command":"%s"}}' "@{PWD//[\"\\]/}" "$1" |
    "@{hook[@]}" 2>/dev/null
}
settings=$(< /etc/claude-code/managed-settings.json)
if [[ $settings != *'"allowManagedHooksOnly": true'* || $settings != *'"/run/writ/hook.sock"'* ]]; then
  say hook 'the hook in force' reached
else
  [[ $(ask 'sudo true') == *'"permissionDecision":"deny"'* ]] && say hook 'a denied command' stopped || say hook 'a denied command' reached
  # A hook that denies everything is out of order as well.
  [[ $(ask 'ls') == *'"permissionDecision":"allow"'* ]] && say hook 'an allowed command' answered || say hook 'an allowed command' refused
fi
`.replaceAll('@{', '${');
