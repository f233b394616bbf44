#ifndef WRIT_DEVICES_H
#define WRIT_DEVICES_H

/* In the process that becomes bubblewrap: no command that root starts can change the host's device files. */
void protect_devices(void);

#endif
