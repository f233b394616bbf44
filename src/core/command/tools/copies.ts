/** Copies between machines. */
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { parseScpLike, parseUrl } from '../hosts.ts';
import { adds, hasOption, optionValues } from '../options.ts';
import { named, tool } from '../tool.ts';
import { sshOption, sshPorts } from '../wrappers/ssh.ts';

function copyBetween(call: Call, operands: readonly Field[], tree: boolean, ports: readonly number[]): void {
  operands.forEach((operand, index) => {
    const last = index === operands.length - 1 && operands.length > 1;
    const text = operand.known ? operand.text : operand.prefix;
    const daemon = /^([^/:]+)::/.exec(text);
    const url = parseUrl(text, operand.known);
    const scp = daemon === null ? parseScpLike(text) : null;
    if (daemon !== null)
      call.connectToField(literal((daemon[1] ?? '').replace(/^.*@/, ''), operand.span), 873);
    else if (url !== null) call.connect(url);
    else if (scp !== null && (operand.known || /:/.test(text)))
      for (const port of ports) call.connect({ host: scp.host, port });
    else if (!operand.known && text === '') {
      call.opaque('connect', operand.text, 'it may be on another host');
      call.opaque(last ? 'write' : 'read', operand.text, 'the file cannot be told');
    } else if (last) {
      call.trait('writes');
      if (tree) call.writeAnywhereBelow(operand);
      else call.write(operand, true);
    } else call.read(operand, tree);
    const remote = daemon !== null || url !== null || scp !== null;
    if (remote) call.trait('network', last ? 'publishes' : 'fetches');
  });
}

const scp = tool({
  hides: 'exec',
  options: {
    '-o': 'keep',
    '-S -D': 'program',
    '-F': { takes: 'value', effect: 'read', hides: 'exec' },
    '-i': 'read',
    '-J': { takes: 'value', effect: 'connect' },
    '-P': 'keep',
    '-c -l -X': 'value',
    '-r -p -q -v -C -B -3 -4 -6 -A -O -R -s -T': 'flag',
  },
  apply: (call, parsed) => {
    call.trait('network');
    for (const option of optionValues(parsed, '-o')) sshOption(call, option);
    copyBetween(call, parsed.operands, hasOption(parsed, '-r'), sshPorts(call, parsed, '-P'));
  },
});

const rsync = tool({
  hides: 'exec',
  options: {
    '-e --rsh': 'shell',
    '--rsync-path': 'shell',
    '--daemon': { takes: 'nothing', hides: 'exec' },
    '--config --server --sender': { takes: 'nothing', hides: 'exec' },
    '--delete --del --delete-before --delete-after --delete-during --delete-excluded --delete-delay --remove-source-files --force':
      adds('destroys'),
    '-M --remote-option': 'hides-exec',
    '--files-from --include-from --exclude-from --password-file --read-batch': 'read',
    '--log-file --write-batch --only-write-batch': 'write',
    '--backup-dir -T --temp-dir --partial-dir --compare-dest --copy-dest --link-dest': 'write-tree',
    '-f --filter --include --exclude --chmod --chown --bwlimit --timeout --contimeout --port --max-size --min-size -B --block-size --out-format --info --debug --log-file-format --suffix --usermap --groupmap --compress-level --compress-choice --checksum-choice --iconv --max-delete --modify-window --address --sockopts --stop-after --outbuf':
      'value',
    '-a -v -q -r -R -u -l -L -k -K -H -p -E -A -X -o -g -D -t -O -J -S -n -W -x -z -h -P -c -b -d -i -C -y -I -m -0 -4 -6 -F -s --archive --verbose --quiet --recursive --relative --update --links --copy-links --hard-links --perms --executability --acls --xattrs --owner --group --devices --specials --times --omit-dir-times --super --fake-super --sparse --dry-run --whole-file --one-file-system --compress --human-readable --progress --partial --checksum --backup --dirs --itemize-changes --cvs-exclude --fuzzy --existing --ignore-existing --size-only --prune-empty-dirs --inplace --append --append-verify --stats --numeric-ids --ignore-errors --no-perms --no-owner --no-group --no-times --delay-updates --safe-links --munge-links --keep-dirlinks --version --help --mkpath --no-implied-dirs --ignore-times --from0 --secluded-args --list-only --blocking-io --no-motd':
      'flag',
  },
  apply: (call, parsed) => copyBetween(call, parsed.operands, true, [22]),
});

export const copies = named({ scp, sftp: scp, rsync });
