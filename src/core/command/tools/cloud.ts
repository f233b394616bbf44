/** Clouds and infrastructure: what they change is elsewhere, and cannot be had back. */
import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { hasOption, optionTable, parseOptions } from '../options.ts';
import { applyOptions, named, tool } from '../tool.ts';

const terraformOptions = optionTable({
  '-plugin-dir': { takes: 'value', effect: 'read-tree', hides: 'exec' },
  '-var-file -config -state -from-module -backend-config': 'read',
  '-out -state-out -backup -generate-config-out': 'write',
  '-chdir': { takes: 'value', effect: 'read-tree', traits: ['runs-code'] },
  '-destroy': 'mark',
  '-var -target -replace -lock-timeout -parallelism -refresh -lock -input -filter -run': 'value',
});

const terraformTraits: Readonly<Record<string, readonly Trait[]>> = {
  fmt: ['reads', 'writes'],
  validate: ['reads', 'runs-code'],
  version: ['reads'],
  graph: ['reads', 'runs-code'],
  providers: ['reads'],
  get: ['fetches', 'writes'],
  init: ['fetches', 'installs', 'runs-code', 'writes'],
  plan: ['reads', 'fetches', 'runs-code'],
  show: ['reads'],
  test: ['builds', 'runs-code'],
};

/** Plans reach the providers' services; whatever is not listed changes them. */
function infrastructure(call: Call): void {
  const parsed = parseOptions(call.words, terraformOptions, { singleDash: true });
  applyOptions(call, parsed, { hides: 'exec', lenient: true });
  const [verb] = parsed.operands;
  if (verb === undefined) return;
  call.subcommand(verb.known ? verb.text : '');
  const traits = Object.hasOwn(terraformTraits, verb.text) ? terraformTraits[verb.text] : undefined;
  const changes = traits === undefined || hasOption(parsed, '-destroy');
  call.trait(...(changes ? (['publishes', 'runs-code', 'credentials'] as const) : traits));
  if (/^(destroy|taint|untaint|state|force-unlock|import|workspace)$/.test(verb.text)) call.trait('destroys');
  if (/^(fmt|validate|version|graph|providers|show)$/.test(verb.text)) return;
  call.trait('network');
  call.opaque('connect', call.exec.argv.join(' '), 'its settings say where it connects');
}

export const cloud = named({
  'aws gcloud az gsutil bq doctl linode-cli hcloud flyctl fly heroku railway ibmcloud oci aliyun s3cmd rclone b2 mc':
    tool({
      traits: ['network', 'publishes', 'credentials'],
      hides: 'exec',
      raw: (call) => {
        const verb = call.words.filter((word) => !word.text.startsWith('-')).map((word) => word.text);
        call.subcommand(verb.slice(0, 2).join(' '));
        call.credential(
          call.name === 'gcloud' || call.name === 'gsutil' || call.name === 'bq'
            ? 'gcloud'
            : call.name === 'az'
              ? 'azure'
              : call.name,
        );
        call.opaque('connect', call.exec.argv.join(' '), 'its settings say where it connects');
        call.opaque('read', call.exec.argv.join(' '), 'which files it sends cannot be told');
        if (
          verb.some((word) => /^(delete|rm|rb|destroy|terminate|remove|purge|sync|mv|wipe|reset)/.test(word))
        )
          call.trait('destroys');
      },
    }),
  'terraform tofu terragrunt': tool({ hides: 'exec', raw: infrastructure }),
  'pulumi ansible ansible-playbook packer vagrant cdk serverless sls sam chef knife puppet salt nomad consul vault supabase stripe firebase-tools':
    tool({
      traits: ['network', 'publishes', 'runs-code', 'credentials'],
      hides: 'exec',
      raw: (call) => {
        const verb = call.words.find((word) => !word.text.startsWith('-'));
        if (verb !== undefined) call.subcommand(verb.text);
        if (/^(destroy|delete|down|rm|remove)$/.test(verb?.text ?? '')) call.trait('destroys');
        call.opaque('exec', call.exec.argv.join(' '), 'its files say what runs, and where');
      },
    }),
  'tflint checkov tfsec ansible-lint': tool({ traits: ['reads', 'builds'], hides: 'exec', lenient: true }),
});
