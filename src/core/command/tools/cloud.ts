/** Clouds and infrastructure: what they change is elsewhere, and cannot be had back. */
import { named, tool } from '../tool.ts';

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
  'terraform tofu pulumi ansible ansible-playbook packer vagrant cdk serverless sls sam chef knife puppet salt nomad consul vault':
    tool({
      traits: ['network', 'publishes', 'runs-code', 'credentials'],
      hides: 'exec',
      raw: (call) => {
        const verb = call.words.find((word) => !word.text.startsWith('-'));
        if (verb !== undefined) call.subcommand(verb.text);
        if (/^(fmt|validate|version|show|output|graph|providers|console|--version)$/.test(verb?.text ?? ''))
          call.exec.traits.splice(
            0,
            call.exec.traits.length,
            'reads',
            'runs-code',
            ...(verb?.text === 'fmt' ? (['writes'] as const) : []),
          );
        if (verb?.text === 'plan')
          call.exec.traits.splice(
            0,
            call.exec.traits.length,
            'reads',
            'network',
            'fetches',
            'runs-code',
            'credentials',
          );
        if (
          /^(destroy|taint|state|force-unlock|delete)$/.test(verb?.text ?? '') ||
          call.words.some((word) => word.text === '-destroy')
        )
          call.trait('destroys');
        if (/^ansible/.test(call.name))
          call.opaque('exec', call.exec.argv.join(' '), 'the playbook says what runs, and where');
      },
    }),
});
