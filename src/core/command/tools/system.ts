import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal } from '../field.ts';
import { hasOption } from '../options.ts';
import { named, tool, type ToolModel } from '../tool.ts';

const changes = (...traits: readonly Trait[]): ToolModel =>
  tool({ traits: ['system', ...traits], hides: 'exec', lenient: true });

/** Looks with these verbs, changes the system with any other. */
const managed = (looks: RegExp, ...traits: readonly Trait[]): ToolModel =>
  tool({
    hides: 'exec',
    raw: (call: Call) => {
      const verb = call.words.find((word) => !word.known || !word.text.startsWith('-'));
      if (verb !== undefined) call.subcommand(verb.text);
      const only = verb === undefined ? (call.words[0]?.text ?? '') : verb.text;
      if (looks.test(only) && (verb === undefined || verb.known)) call.trait('reads');
      else call.trait('system', ...traits);
      for (const word of call.words) {
        if (/^(-o|--option)/.test(word.text))
          call.opaque('exec', call.exec.argv.join(' '), 'its settings can run commands');
        if (/^\.{0,2}\//.test(word.text)) call.read(word);
      }
    },
  });

/** Shows with words like these, changes the machine with any others. */
const shows = (looks: RegExp, ...traits: readonly Trait[]): ToolModel =>
  tool({
    hides: 'exec',
    raw: (call) => {
      const words = call.words.map((word) => word.text).join(' ');
      if (call.words.every((word) => word.known) && looks.test(words)) call.trait('reads');
      else call.trait('system', 'privileges', ...traits);
      for (const word of call.words) if (/^\//.test(word.text)) call.read(word);
    },
  });

export const system = named({
  // `ip -brief addr show dev eth0`, `ip route get 1.1.1.1`
  ip: shows(
    /^(-(?!b(a|$)|force|n\b|netns)[\w-]+ )*(a|addr|address|l|li|link|r|ro|route|n|ne|neigh|neighbour|ru|rule|maddr|mroute|tunnel|netconf|ntable|tcp_metrics|-V)( (s|sh|show|list|ls|lst|get)( .*)?)?$/,
  ),
  ifconfig: shows(/^(-[asv]+ ?)*([\w.:@-]+)?$/),
  route: shows(/^(-[neCFv46]+ ?)*$/),
  'iptables ip6tables': shows(/^(-t \w+ )?(-[nvxw]+ )*(-L|-S|--list|--list-rules)( .*)?$/),
  ldconfig: shows(/^-p$/),
  mount: shows(/^(-l|-t [\w,]+)?$/, 'destroys'),
  nft: shows(/^(-\w+ )*list( .*)?$/),
  'ufw firewall-cmd': shows(/^(status( \w+)?|version|--state|--list-\S+|--get-\S+)$/),
  tc: shows(/^(-\w+ )*(qdisc|class|filter)( (show|ls|list)( .*)?)?$/),
  'nmcli iwconfig ethtool wg': shows(
    /^((-\w+ )*(general|device|connection|g|d|c)( (status|show)( .*)?)?|show( .*)?|[\w.]+)?$/,
  ),
  sysctl: shows(/^(-[anNbeq]+ ?)*([\w.*/-]+( |$))*$/),
  'hostnamectl timedatectl localectl resolvectl systemd-resolve loginctl networkctl bootctl': shows(
    /^(--?[\w-]+(=\S*)? ?)*(status|show|list-\S+|query|statistics|timesync-status|hostname|dns|domain)?( .*)?$/,
    'persists',
  ),
  'apt apt-get aptitude apt-cache': managed(
    /^(list|show|search|policy|depends|rdepends|madison|showpkg|download|changelog|--version)$/,
    'dependencies',
    'network',
  ),
  'dpkg rpm': managed(
    /^(-l|-L|-s|-S|-W|--list|--listfiles|--status|--search|-q\w*|--query|--print-architecture|--version|--get-selections)$/,
    'dependencies',
  ),
  'dpkg-query dpkg-deb apt-mark update-alternatives': managed(
    /^(-\w+|--\w[\w-]*|showmanual|showauto|showhold)$/,
  ),
  'yum dnf microdnf zypper pacman apk snap flatpak emerge xbps-install pkg': managed(
    /^(list|info|search|repolist|-Q\w*|-Ss|show|--version)$/,
    'dependencies',
    'network',
  ),
  'systemctl service rc-service launchctl initctl supervisorctl': managed(
    /^(status|is-active|is-enabled|is-failed|list-\S+|show|cat|--version|get-default|list)$/,
    'persists',
    'signals',
  ),
  journalctl: tool({ traits: ['reads'], lenient: true, hides: 'read' }),
  crontab: tool({
    options: {
      '-l': 'mark',
      '-u': 'value',
      '-e -r -i': { takes: 'nothing', traits: ['system'] },
    },
    apply: (call, parsed) => {
      if (hasOption(parsed, '-l')) call.trait('reads');
      else call.trait('persists', 'system');
      for (const file of parsed.operands) call.read(file);
    },
  }),
  'atq atrm anacron crond cron': changes('persists'),
  'umount losetup swapon swapoff mkfs fdisk parted gdisk sfdisk mkswap fsck e2fsck resize2fs tune2fs lvm pvcreate vgcreate lvcreate cryptsetup mdadm zfs zpool btrfs blkdiscard wipefs hdparm sgdisk partprobe':
    changes('destroys', 'privileges'),
  'mkfs.ext4 mkfs.ext3 mkfs.xfs mkfs.vfat mkfs.btrfs': changes('destroys', 'privileges'),
  'useradd userdel usermod groupadd groupdel groupmod adduser deluser addgroup passwd chpasswd chsh chfn gpasswd newgrp sg vipw visudo':
    changes('privileges', 'credentials'),
  'ebtables ifup ifdown brctl wg-quick openvpn openvt modprobe insmod rmmod depmod kexec setenforce apparmor_parser auditctl hwclock update-grub grub-install efibootmgr dracut update-initramfs':
    changes('privileges'),
  'reboot shutdown halt poweroff init telinit': changes('signals'),
  'setcap getcap setfacl chattr chcon restorecon': tool({
    traits: ['privileges', 'writes'],
    hides: 'write',
    lenient: true,
    apply: (call, parsed) => {
      for (const file of parsed.operands.slice(1)) call.write(file, true);
    },
  }),
  'renice prlimit': tool({ traits: ['signals'], lenient: true, hides: null }),
  'logger wall write mesg notify-send': tool({ lenient: true, hides: null, traits: ['system'] }),
  'gpg gpg2 gpgv pass age sops secret-tool security keyring op bw lpass gopass': tool({
    traits: ['credentials', 'reads'],
    hides: 'exec',
    lenient: true,
    options: {
      '-o --output': 'write',
      '--homedir --options --keyring --agent-program --pinentry-program --photo-viewer --exec-path':
        'hides-exec',
      '-d --decrypt': 'mark',
      '-r -u --recipient --local-user': 'value',
      '-i --identity': 'read',
    },
    apply: (call, parsed) => {
      call.credential(call.name.startsWith('gpg') ? 'gnupg' : 'keyring');
      for (const file of parsed.operands) call.read(file);
      if (call.words.some((word) => /^--(send-keys|recv-keys|search-keys|keyserver)/.test(word.text)))
        call.trait('network');
    },
  }),
  'kinit klist kdestroy ksu': tool({
    traits: ['credentials', 'network'],
    apply: (call) => call.credential('kerberos'),
  }),
  'inotifywait fswatch': tool({ traits: ['reads'], lenient: true, hides: 'read', operands: 'read-tree' }),
  'logrotate run-parts': tool({ traits: ['runs-code', 'system'], hides: 'exec' }),
  'strfile fc-cache': changes(),
  getent: tool({
    traits: ['reads'],
    hides: 'read',
    options: { '-s -i': 'value' },
    apply: (call, parsed) => {
      const [database, ...keys] = parsed.operands;
      if (database === undefined) return;
      if (/^g?shadow$/.test(database.text)) call.read(literal(`/etc/${database.text}`, database.span));
      // Who answers for a name is asked for it.
      if (/^(ahosts(v[46])?|hosts)$/.test(database.text)) for (const key of keys) call.connectToField(key);
      if (!database.known) call.opaque('read', database.text, 'which database it shows cannot be told');
    },
  }),
  'ipcs sar sensors lspci lsusb lshw dmidecode acpi arp lsmod lsattr lscpu lsmem lsblk blkid findmnt dstat iotop iftop fastfetch neofetch nvidia-smi':
    tool({
      traits: ['reads'],
      lenient: true,
      hides: 'read',
    }),
  'dotenvx direnv mise asdf nvm fnm volta pyenv rbenv rvm sdk jenv nodenv goenv pixi': tool({
    traits: ['runs-code', 'configures', 'dependencies', 'network'],
    hides: 'exec',
    raw: (call) => {
      const verb = call.words[0]?.text ?? '';
      if (/^(--version|-v|version|versions|list|ls|ls-remote|current|which|where|status|help)$/.test(verb)) {
        call.exec.traits.splice(0, call.exec.traits.length, 'reads');
        return;
      }
      const at = call.words.findIndex((word) => /^(exec|x|run|--)$/.test(word.text));
      call.trait('runs-code', 'configures', 'dependencies', 'network');
      if (at >= 0)
        call.opaque('exec', call.exec.argv.join(' '), 'it runs a program with settings from files');
    },
  }),
  writ: tool({ traits: ['configures', 'privileges'], hides: 'exec', options: { '-c': 'shell' } }),
});
