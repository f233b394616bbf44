import type { Call } from '../call.ts';
import { literal, unknown } from '../field.ts';
import { named, tool } from '../tool.ts';

const looks =
  /^(ps|images|image|inspect|logs|version|info|stats|top|port|diff|history|search|events|ls|list|get|describe|explain|api-resources|api-versions|cluster-info|config|df|show|status|template|lint|env|repo)$/;

/** Containers reach the daemon, which is root: what they mount and run is beyond the sandbox. */
function container(call: Call): void {
  const words = call.words;
  const at = words.findIndex(
    (word, index) =>
      !word.text.startsWith('-') &&
      !/^(-H|--host|--context|-c|--config|-n|--namespace|--kubeconfig|-f|--file|-p|--project-name|--project-directory|--log-level|-l)$/.test(
        words[index - 1]?.text ?? '',
      ),
  );
  const verb = at < 0 ? undefined : words[at];
  words.forEach((word, index) => {
    const next = words[index + 1];
    if (/^(-H|--host|--server|-s)$/.test(word.text) && next !== undefined && index < at + 1)
      call.connectToField({
        ...next,
        text: next.text.replace(/^tcp:/, 'http:'),
        prefix: next.prefix.replace(/^tcp:/, 'http:'),
      });
    else if (/^(-H|--host=)tcp:/.test(word.text))
      call.connectToField(literal(word.text.replace(/^(-H|--host=)tcp:/, 'http:'), word.span));
  });
  if (verb === undefined) return;
  call.subcommand(verb.known ? verb.text : '');
  const helm =
    /^(helm|kubectl|oc|k9s|kustomize|argocd|flux|istioctl|eksctl|minikube|kind|skaffold|tilt)$/.test(
      call.name,
    );
  if (helm) {
    call.trait('network');
    call.opaque('connect', call.exec.argv.join(' '), 'its settings say which cluster');
  } else if (!verb.known || !looks.test(verb.text)) call.trait('privileges');
  if (!verb.known) {
    call.opaque('exec', verb.text, 'the subcommand cannot be told');
    return;
  }
  const rest = words.slice(at + 1);
  if (
    /^(exec|run|create|start|debug|attach|cp|compose|up|stack|build|buildx|bake|commit|load|import|plugin|swarm|service|volume|network|restart|rollout|machine|service|scale)$/.test(
      verb.text,
    )
  ) {
    call.trait('runs-code', 'system');
    mounts(call, rest);
    if (/^(exec|run)$/.test(verb.text)) {
      call.opaque(
        'exec',
        call.exec.argv.join(' '),
        'it runs inside of a container, whose mounts and rights are its own',
      );
    } else if (/^(build|buildx|compose|up|bake)$/.test(verb.text)) {
      call.trait('builds', 'network');
      call.readHere();
    }
    if (verb.text === 'cp')
      call.opaque('write', call.exec.argv.join(' '), 'it copies between container and machine');
  } else if (/^(rm|rmi|prune|system|kill|stop|down|delete|drain|uninstall|destroy)$/.test(verb.text))
    call.trait('destroys', 'signals', 'system');
  else if (/^(push|publish)$/.test(verb.text)) call.trait('publishes', 'network', 'credentials');
  else if (/^(pull|fetch)$/.test(verb.text)) call.trait('fetches', 'network');
  else if (/^(login|logout)$/.test(verb.text)) {
    call.trait('credentials', 'network');
    call.credential('docker');
  } else if (
    /^(apply|create|replace|patch|edit|annotate|label|set|expose|autoscale|cordon|taint|install|upgrade|rollback|sync|port-forward|proxy)$/.test(
      verb.text,
    )
  ) {
    call.trait('publishes', 'system');
    const file = rest.findIndex((word) => /^(-f|--filename)$/.test(word.text));
    const named = rest[file + 1];
    if (file >= 0 && named !== undefined) {
      if (/^https?:/.test(named.prefix)) call.connectToField(named);
      else call.read(named, true);
    }
  } else if (looks.test(verb.text)) call.trait('reads');
  else call.trait('unknown', 'runs-code');
}

/** `-v /:/host`, `--mount type=bind,source=…`: files of the machine that the container gets. */
function mounts(call: Call, words: Call['words']): void {
  words.forEach((word, index) => {
    const previous = words[index - 1]?.text ?? '';
    const given = /^(-v|--volume|--mount)$/.test(previous)
      ? word.text
      : /^(--volume|--mount)=|^-v./.test(word.text)
        ? word.text.replace(/^(--volume=|--mount=|-v)/, '')
        : null;
    if (given === null) return;
    const source = /(?:^|,)(?:source|src)=([^,]+)/.exec(given)?.[1] ?? given.split(':')[0] ?? '';
    if (!/^[./~$]/.test(source)) return;
    call.write(word.known ? literal(source, word.span) : unknown(word.text, word.span), true);
  });
  if (
    words.some((word) =>
      /^--(privileged|pid=host|net=host|network=host|cap-add|device|security-opt|userns=host|ipc=host)/.test(
        word.text,
      ),
    )
  )
    call.trait('privileges');
}

export const containers = named({
  'docker podman nerdctl docker-compose podman-compose buildah crictl ctr lxc incus kubectl oc helm k9s kustomize argocd flux istioctl eksctl minikube kind skaffold tilt':
    tool({ hides: 'exec', raw: container }),
  skopeo: tool({ traits: ['network', 'fetches', 'publishes'], hides: 'exec' }),
});
