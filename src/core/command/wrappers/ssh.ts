/** Shells on other machines: what runs there is beyond this one, what runs here for them is not. */
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { flag, optionValue, optionValues, reads, value, writes, type ParsedOptions } from '../options.ts';
import { tool } from '../tool.ts';

export const ssh = tool({
  traits: ['network', 'publishes'],
  hides: 'exec',
  style: { stopAtOperand: true },
  options: {
    '-4 -6 -A -a -C -f -G -g -K -k -M -N -n -q -s -T -t -V -v -X -x -Y -y': flag,
    '-B -b -c -D -e -I -L -l -m -O -p -Q -R -S -W -w -P -o': value,
    '-E': writes,
    '-F -i': reads,
    '-J': { takes: 'value', effect: 'connect' },
  },
  apply: (call, parsed) => {
    for (const option of optionValues(parsed, '-o')) sshOption(call, option);
    if (optionValue(parsed, '-F') !== null)
      call.opaque('exec', optionValue(parsed, '-F')?.text ?? '', 'its settings may run commands');
    const [host] = parsed.operands;
    if (host === undefined) return;
    for (const port of sshPorts(call, parsed, '-p')) call.connectToField(host, port);
    // What runs there is beyond this machine: it is only named.
  },
});

/** `Name=value` or `Name value`, as in `ssh_config`; null where it is neither. */
function setting({ text }: Field): { readonly name: string; readonly value: string } | null {
  const match = /^\s*(\w+)\s*[=\s]\s*(.*)/s.exec(text);
  if (match === null) return null;
  const [, name = '', value = ''] = match;
  return { name: name.toLowerCase(), value };
}

/** Of the server, by an option of its own or by settings; all that are named, and another server where a setting names one. */
export function sshPorts(call: Call, parsed: ParsedOptions, option: string): readonly number[] {
  const settings = optionValues(parsed, '-o').map(setting);
  const values = (name: string) => settings.flatMap((one) => (one?.name === name ? [one.value] : []));
  const named = [...optionValues(parsed, option).map(({ text }) => text), ...values('port')];
  const ports = named.filter((text) => /^\d{1,5}$/.test(text)).map(Number);
  if (ports.length === 0) ports.push(22);
  for (const host of values('hostname'))
    for (const port of ports) call.connectToField(literal(host, call.span), port);
  return ports;
}

export function sshOption(call: Call, option: Field): void {
  const given = setting(option);
  if (!option.known || given === null) {
    call.opaque('exec', option.text, 'the setting may run commands');
    return;
  }
  const { name, value: text } = given;
  switch (name) {
    case 'proxycommand':
    case 'localcommand':
    case 'knownhostscommand':
      if (text !== 'none') call.runner.runText(literal(text, option.span), call);
      return;
    case 'permitlocalcommand':
    case 'pkcs11provider':
    case 'securitykeyprovider':
    case 'xauthlocation':
    case 'proxyusefdpass':
    case 'include':
    case 'match':
      call.opaque('exec', option.text, 'the setting may run commands');
      return;
    case 'proxyjump':
      call.connectToField(literal(text, option.span), 22);
      return;
    case 'userknownhostsfile':
    case 'globalknownhostsfile':
      call.write(literal(text, option.span));
  }
}
