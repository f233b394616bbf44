import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
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

export const system = named({
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
  'systemctl service rc-service launchctl initctl supervisorctl loginctl': managed(
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
  'mount umount losetup swapon swapoff mkfs fdisk parted gdisk sfdisk mkswap fsck e2fsck resize2fs tune2fs lvm pvcreate vgcreate lvcreate cryptsetup mdadm zfs zpool btrfs blkdiscard wipefs hdparm sgdisk partprobe':
    changes('destroys', 'privileges'),
  'mkfs.ext4 mkfs.ext3 mkfs.xfs mkfs.vfat mkfs.btrfs': changes('destroys', 'privileges'),
  'useradd userdel usermod groupadd groupdel groupmod adduser deluser addgroup passwd chpasswd chsh chfn gpasswd newgrp sg vipw visudo':
    changes('privileges', 'credentials'),
  'iptables ip6tables nft ufw firewall-cmd ebtables tc ip ifconfig route ifup ifdown nmcli iwconfig ethtool brctl wg wg-quick openvpn resolvectl sysctl modprobe insmod rmmod depmod kexec setenforce apparmor_parser auditctl hostnamectl timedatectl localectl hwclock update-grub grub-install efibootmgr dracut update-initramfs ldconfig':
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
  'renice ulimit prlimit': tool({ traits: ['signals'], lenient: true, hides: null }),
  'screen tmux zellij byobu abduco dtach': tool({
    traits: ['persists', 'runs-code'],
    hides: 'exec',
    raw: (call) => {
      call.trait('persists', 'runs-code');
      call.opaque('exec', call.exec.argv.join(' '), 'it runs commands that outlive this one');
    },
  }),
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
  'kinit klist kdestroy': tool({
    traits: ['credentials', 'network'],
    apply: (call) => call.credential('kerberos'),
  }),
  'inotifywait fswatch': tool({ traits: ['reads'], lenient: true, hides: 'read', operands: 'read-tree' }),
  'logrotate run-parts': tool({ traits: ['runs-code', 'system'], hides: 'exec' }),
  'strfile fc-cache': changes(),
  'ipcs ipcrm pidstat sar getent sensors lspci lsusb lshw dmidecode acpi ss netstat arp': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
  }),
  'dotenvx direnv mise asdf nvm fnm volta pyenv rbenv sdk jenv nodenv goenv': tool({
    traits: ['runs-code', 'configures', 'dependencies', 'network'],
    hides: 'exec',
    raw: (call) => {
      const at = call.words.findIndex((word) => /^(exec|x|run|--)$/.test(word.text));
      call.trait('runs-code', 'configures', 'dependencies', 'network');
      if (at >= 0)
        call.opaque('exec', call.exec.argv.join(' '), 'it runs a program with settings from files');
    },
  }),
  'ffmpeg ffprobe convert magick identify mogrify gm exiftool cwebp optipng jpegoptim': tool({
    traits: ['reads', 'writes'],
    hides: 'exec',
    raw: (call) => {
      for (const word of call.words) {
        const { text } = word;
        if (/^[a-z]+:/i.test(text) && !/^[a-z]+:\/\//i.test(text))
          call.opaque('exec', text, 'its coders can run programs');
        else if (/^[a-z]+:\/\//i.test(text)) call.connectToField(word);
        else if (/^[|@]/.test(text)) call.opaque('exec', text, 'its coders can run programs');
        else if (!text.startsWith('-')) {
          call.read(word);
          call.write(word);
        }
      }
    },
  }),
  writ: tool({ traits: ['configures', 'privileges'], hides: 'exec', options: { '-c': 'shell' } }),
});
