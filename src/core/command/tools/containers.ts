/**
 * Containers and clusters. The daemon is as powerful as root, and the cluster is elsewhere; neither is in the sandbox. So
 * what they run is opaque, and what is told apart here is what they take from this machine, send and destroy.
 */
import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { dropFirst, literal, unknown, type Field } from '../field.ts';
import { hasOption, optionTable, optionValues, parseOptions, type ParsedOptions } from '../options.ts';
import { applyOptions, named, tool } from '../tool.ts';

const elsewhere = 'its settings say which daemon or cluster';

// ---- daemons --------------------------------------------------------------------------------------------------------

const daemonOptions = optionTable({
  '-H --host --url --connection': 'keep',
  '-c --context --config -l --log-level --tlscacert --tlscert --tlskey --namespace -n --root --runroot':
    'hides-exec',
  '-f --file': 'read',
  '--env-file': 'read',
  '-p --project-name --profile --progress --ansi --parallel': 'value',
  '--project-directory': 'read-tree',
  '-D --debug --tls --tlsverify -v --version --compatibility --dry-run --remote -r': 'flag',
});

/** What the words after `image`, `compose` and their like stand for. */
const groups =
  /^(image|container|compose|buildx|builder|volume|network|system|context|manifest|stack|swarm|service|node|secret|config|plugin|trust|checkpoint|scout|machine|pod|kube|desktop|model|mcp)$/;

const looksAt =
  /^(ps|images|inspect|logs|version|info|stats|top|port|diff|history|search|events|ls|list|df|config|du|show|tree|convert|wait|exists|attach|cves|quickview|recommendations)$/;
const starts = /^(run|create|start|restart|exec|up|watch|debug|unpause|scale|play|init)$/;
const builds = /^(build|bake|b)$/;
const stops = /^(stop|kill|pause|rm|rmi|down|remove|rename|update|tag|untag|commit|use|inspect-cache)$/;

function container(call: Call): void {
  const leading = parseOptions(call.words, daemonOptions, { stopAtOperand: true });
  applyOptions(call, leading, { hides: 'exec', lenient: true });
  const compose = /compose$/.test(call.name);
  const [first, ...others] = leading.operands;
  if (first === undefined) return;
  const inner = parseOptions(others, daemonOptions, { stopAtOperand: true });
  const grouped = first.known && groups.test(first.text) && !compose;
  const verb = grouped ? inner.operands[0] : first;
  const rest = grouped ? inner.operands.slice(1) : others;
  if (grouped && first.text === 'compose') applyOptions(call, inner, { hides: 'exec', lenient: true });
  call.trait('network');
  reachesDaemon(call, [leading, inner]);
  if (verb === undefined) {
    call.subcommand(first.text);
    call.trait('reads');
    return;
  }
  if (!verb.known || !first.known) {
    call.trait('runs-code');
    call.opaque('exec', verb.text, `the subcommand of ${call.name} cannot be told`);
    return;
  }
  call.subcommand(grouped ? `${first.text} ${verb.text}` : verb.text);
  act(call, grouped ? first.text : '', verb.text, rest);
}

/** A host that is named, or the daemon of the machine. */
function reachesDaemon(call: Call, parsed: readonly ParsedOptions[]): void {
  const hosts = parsed.flatMap((one) => optionValues(one, '-H'));
  for (const host of hosts) {
    if (/^unix:/.test(host.text)) call.write(dropFirst(host, host.text.indexOf('//') + 2));
    else {
      const address = (text: string): string => text.replace(/^tcp:/, 'http:');
      call.trait('publishes');
      call.connectToField({ ...host, text: address(host.text), prefix: address(host.prefix) });
    }
  }
  if (hosts.length === 0) call.opaque('connect', call.exec.argv.join(' '), elsewhere);
}

function act(call: Call, group: string, verb: string, rest: readonly Field[]): void {
  const option = (pattern: RegExp): boolean => rest.some((word) => pattern.test(word.text));
  if (/^(login|logout)$/.test(verb)) {
    call.trait('credentials');
    call.credential('docker');
  } else if (/^(swarm|service|stack|secret|node|plugin|machine|trust)$/.test(group) && !looksAt.test(verb))
    call.trait('publishes', 'runs-code', 'configures');
  else if (group === 'context' && !looksAt.test(verb)) call.trait('configures');
  else if (/^prune$/.test(verb) || (group === 'volume' && /^(rm|remove)$/.test(verb))) call.trait('destroys');
  else if (verb === 'push' || (builds.test(verb) && option(/^--push$|type=registry/)))
    call.trait('publishes');
  else if (verb === 'pull') call.trait('fetches');
  else if (verb === 'cp') copiesBetween(call, rest);
  else if (/^(save|export)$/.test(verb)) savesTo(call, rest);
  else if (/^(load|import)$/.test(verb)) call.trait('runs-code');
  else if (builds.test(verb)) {
    build(call, rest);
    if (option(/^--push$|type=registry/)) call.trait('publishes');
  } else if (starts.test(verb)) {
    call.trait('runs-code');
    takesFromMachine(call, rest);
    call.opaque(
      'exec',
      call.exec.argv.join(' '),
      'it runs inside of a container, whose mounts and rights are its own',
    );
  } else if (stops.test(verb)) {
    call.trait('signals');
    if (option(/^(-\w*v\w*|--volumes)$/) && /^(down|rm)$/.test(verb)) call.trait('destroys');
  } else if (looksAt.test(verb)) call.trait('reads');
  else call.trait('unknown', 'runs-code');
}

const buildOptions = optionTable({
  '-f --file': 'read',
  '-o --output --iidfile --metadata-file --sbom': { takes: 'value', hides: 'write' },
  '--secret --ssh': { takes: 'value', traits: ['credentials'] },
  '--build-context --cache-from --cache-to': { takes: 'value', hides: 'connect' },
  '--network --add-host --allow': { takes: 'value', hides: 'connect' },
  '-t --tag --build-arg --target --platform --label --progress --builder --pull-policy --shm-size --memory -m --ulimit --isolation --cpuset-cpus --attest --annotation --set':
    'value',
});

/** The context is sent to the daemon, and its steps run there. */
function build(call: Call, rest: readonly Field[]): void {
  const parsed = parseOptions(rest, buildOptions);
  applyOptions(call, parsed, { hides: 'exec', lenient: true });
  call.trait('builds', 'runs-code');
  call.opaque('exec', call.exec.argv.join(' '), 'its steps run in a container');
  const [context] = parsed.operands;
  if (context === undefined) call.readHere();
  else if (/^(https?|git|ssh):|^git@/.test(context.prefix)) call.connectToField(context);
  else if (context.text !== '-') call.read(context, true);
}

function savesTo(call: Call, rest: readonly Field[]): void {
  const parsed = parseOptions(rest, optionTable({ '-o --output': 'write' }));
  applyOptions(call, parsed, { hides: 'write', lenient: true });
  call.trait('reads');
}

/** `docker cp NAME:PATH PATH`, either way. */
function copiesBetween(call: Call, rest: readonly Field[]): void {
  const [from, to] = rest.filter((word) => !/^-./.test(word.text));
  call.trait('writes');
  for (const one of [from, to]) {
    if (one === undefined || one.text === '-') continue;
    const inside = /^[\w.-]+:/.test(one.known ? one.text : one.prefix);
    if (inside) continue;
    if (one === to) call.writeAnywhereBelow(one);
    else call.read(one, true);
  }
  if (to?.known === true && to.text.includes(':')) call.trait('runs-code');
}

/** `-v /:/host`, `--mount type=bind,source=…`, `--env-file`, `--privileged`. */
function takesFromMachine(call: Call, words: readonly Field[]): void {
  words.forEach((word, index) => {
    const previous = words[index - 1]?.text ?? '';
    if (/^(--env-file|--label-file|--cidfile)$/.test(previous)) call.read(word);
    const given = /^(-v|--volume|--mount)$/.test(previous)
      ? word.text
      : /^(--volume|--mount)=|^-v./.test(word.text)
        ? word.text.replace(/^(--volume=|--mount=|-v)/, '')
        : null;
    if (given !== null) mounts(call, word, given);
    if (!word.known && word.many) call.opaque('exec', word.text, 'the word may be an option');
  });
  if (words.some((word) => grantsHost.test(word.text))) call.trait('privileges');
}

const grantsHost =
  /^--(privileged|pid=host|cap-add|device|security-opt|userns=host|ipc=host|uts=host|cgroupns=host|volumes-from)/;

function mounts(call: Call, word: Field, given: string): void {
  const source = /(?:^|,)(?:source|src)=([^,]+)/.exec(given)?.[1] ?? given.split(':')[0] ?? '';
  if (!/^[./~$"]/.test(source)) return;
  // With these the container is the machine's master.
  if (/^\/(\/|\.|$|(etc|proc|sys|dev|boot|root|run|var\/run|usr|bin|sbin|lib|lib64)(\/|$))/.test(source))
    call.trait('privileges');
  const readOnly = /(:ro(,|$)|,readonly|,ro(,|$))/.test(given);
  // `$PWD` and the like are expanded already where they can be told.
  const path = word.known ? literal(source, word.span) : unknown(word.text, word.span);
  if (readOnly) call.read(path, true);
  else call.write(path, true);
}

// ---- clusters -------------------------------------------------------------------------------------------------------

const clusterOptions = optionTable({
  '-f --filename -k --kustomize --values --patch-file --from-file --from-env-file': 'read',
  '--kubeconfig': { takes: 'value', effect: 'read', hides: 'exec' },
  '-s --server --cluster --kube-apiserver': { takes: 'value', hides: 'connect' },
  '--post-renderer': 'shell',
  '--output-dir -d --destination': 'write-tree',
  '--token --password --username --client-key --client-certificate': {
    takes: 'value',
    traits: ['credentials'],
  },
  '-n --namespace --context --kube-context -o --output -l --selector -c --container --field-selector --tail --since --set --set-string --version --repo --type -p --patch --timeout --sort-by --user --as':
    'value',
});

const clusterLooks =
  /^(get|describe|logs|top|explain|api-resources|api-versions|cluster-info|version|config|events|diff|wait|completion|options|help|auth|status|history|list|ls|search|show|template|lint|env|verify|build|dependency|dep|package|plugin|rollout|stern|cfg|kustomize)$/;
const clusterTraits: readonly (readonly [RegExp, readonly Trait[]])[] = [
  [/^(delete|drain|uninstall|destroy|del|un)$/, ['publishes', 'destroys']],
  [/^(exec|run|debug|attach|cp|port-forward|proxy|expose)$/, ['publishes', 'runs-code']],
  [/^(login|token)$/, ['credentials', 'publishes']],
];

function cluster(call: Call): void {
  const parsed = parseOptions(call.words, clusterOptions);
  applyOptions(call, parsed, { hides: 'exec', lenient: true });
  const [verb, object] = parsed.operands;
  if (verb === undefined) return;
  call.subcommand(verb.known ? verb.text : '');
  const local =
    /^(kustomize|kubeconform|kubeval)$/.test(call.name) ||
    /^(template|lint|version|completion|kustomize)$/.test(verb.text);
  if (!local) {
    call.trait('network');
    call.opaque('connect', call.exec.argv.join(' '), elsewhere);
  }
  if (!verb.known) {
    call.trait('publishes', 'runs-code');
    call.opaque('exec', verb.text, 'the subcommand cannot be told');
    return;
  }
  const effect = clusterTraits.find(([verbs]) => verbs.test(verb.text))?.[1];
  const changesRollout = verb.text === 'rollout' && !/^(status|history)$/.test(object?.text ?? '');
  const changesSettings = verb.text === 'config' && /^(set|use|unset|delete|rename)/.test(object?.text ?? '');
  if (effect !== undefined) call.trait(...effect);
  else if (changesSettings) call.trait('configures');
  else if (!clusterLooks.test(verb.text) || changesRollout) call.trait('publishes');
  else call.trait('reads');
  if (
    /^secrets?(\/|$|,)/.test(object?.text ?? '') ||
    hasOption(parsed, '--raw') ||
    call.words.some((word) => word.text === '--raw')
  )
    call.trait('credentials');
  for (const word of parsed.operands) {
    if (/^https?:\/\//.test(word.prefix)) call.connectToField(word);
    else if (local && /^[./]|\//.test(word.prefix)) call.read(word, true);
  }
  for (const file of optionValues(parsed, '-f'))
    if (/^https?:\/\//.test(file.prefix)) call.connectToField(file);
}

export const containers = named({
  'docker podman nerdctl docker-compose podman-compose buildah': tool({ hides: 'exec', raw: container }),
  'kubectl oc helm kustomize argocd flux istioctl kubeconform kubeval stern k9s': tool({
    hides: 'exec',
    raw: cluster,
  }),
  'crictl ctr lxc incus lxd machinectl systemd-nspawn': tool({
    traits: ['privileges', 'runs-code', 'system'],
    hides: 'exec',
  }),
  'eksctl minikube kind k3d skaffold tilt crane cosign oras dive act': tool({
    traits: ['network', 'publishes', 'runs-code'],
    hides: 'exec',
  }),
  skopeo: tool({ traits: ['network', 'fetches', 'publishes'], hides: 'exec' }),
});
