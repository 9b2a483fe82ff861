// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

/** The kernel's numbers, grouped by the call that takes them. Equal on x86-64 and AArch64 unless said otherwise. */
final class Constants {
    // open
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_NOCTTY = 0x100;
    static final int O_NONBLOCK = 0x800;
    static final int O_DSYNC = 0x1000;
    static final int O_CLOEXEC = 0x80000;
    static final int O_DIRECT = Linux.isAarch64() ? 0x10000 : 0x4000;
    static final int O_DIRECTORY = Linux.isAarch64() ? 0x4000 : 0x10000;

    // fcntl
    static final int F_GETFL = 3;
    static final int F_SETFL = 4;
    static final int F_OFD_GETLK = 36;
    static final int F_OFD_SETLK = 37;
    static final int F_DUPFD_CLOEXEC = 1030;
    static final int F_SETPIPE_SZ = 1031;
    static final int F_ADD_SEALS = 1033;
    static final int F_GET_SEALS = 1034;
    static final short F_RDLCK = 0;
    static final short F_WRLCK = 1;
    static final short F_UNLCK = 2;

    // memfd_create and its seals
    static final int MFD_CLOEXEC = 1;
    static final int MFD_ALLOW_SEALING = 2;
    static final int MFD_NOEXEC_SEAL = 8;
    static final int F_SEAL_SEAL = 1;
    static final int F_SEAL_SHRINK = 2;
    static final int F_SEAL_GROW = 4;

    // mmap
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;

    // statx: struct statx has one layout on every architecture
    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int STATX_SIZE_OF_STRUCT = 256;
    static final int STATX_BLOCK_SIZE_OFFSET = 4;
    static final int STATX_MODE_OFFSET = 28;
    static final int STATX_INODE_OFFSET = 32;
    static final int STATX_SIZE_OFFSET = 40;
    static final int S_IFMT = 0xf000;
    static final int S_IFREG = 0x8000;
    static final int S_IFBLK = 0x6000;
    static final int S_IFSOCK = 0xc000;

    // fallocate
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    static final int FALLOC_FL_ZERO_RANGE = 0x10;

    // preadv2, pwritev2
    static final int RWF_DSYNC = 2;
    static final int RWF_NOWAIT = 8;

    // ioctl
    static final long BLKGETSIZE64 = 0x80081272L;
    static final long TCGETS = 0x5401;
    static final long TCSETS = 0x5402;
    static final long TIOCGWINSZ = 0x5413;
    static final long TIOCSWINSZ = 0x5414;
    static final long FIONREAD = 0x541b;
    static final long TIOCSPTLCK = 0x40045431L;
    static final long TIOCGPTN = 0x80045430L;

    // struct termios as the kernel has it: four words of flags, one byte, then the control characters
    static final int TERMIOS_SIZE_OF_STRUCT = 36;
    static final int TERMIOS_IFLAG_OFFSET = 0;
    static final int TERMIOS_OFLAG_OFFSET = 4;
    static final int TERMIOS_CFLAG_OFFSET = 8;
    static final int TERMIOS_LFLAG_OFFSET = 12;
    static final int TERMIOS_CC_OFFSET = 17;
    static final int VTIME = 5;
    static final int VMIN = 6;
    static final int BRKINT = 2;
    static final int PARMRK = 0x8;
    static final int INPCK = 0x10;
    static final int ISTRIP = 0x20;
    static final int INLCR = 0x40;
    static final int IGNCR = 0x80;
    static final int ICRNL = 0x100;
    static final int IXON = 0x400;
    static final int OPOST = 1;
    static final int CSIZE = 0x30;
    static final int CS8 = 0x30;
    static final int PARENB = 0x100;
    static final int ISIG = 1;
    static final int ICANON = 2;
    static final int ECHO = 8;
    static final int ECHONL = 0x40;
    static final int IEXTEN = 0x8000;

    // eventfd, epoll, poll
    static final int EFD_CLOEXEC = O_CLOEXEC;
    static final int EFD_NONBLOCK = O_NONBLOCK;
    static final int EPOLL_CLOEXEC = O_CLOEXEC;
    static final int EPOLL_CTL_ADD = 1;
    static final int EPOLL_CTL_DEL = 2;
    static final int EPOLLIN = 1;
    static final int EPOLLERR = 8;
    static final int EPOLLHUP = 0x10;
    static final int EPOLLRDHUP = 0x2000;
    static final int EPOLLET = 1 << 31;
    static final short POLLIN = 1;
    static final short POLLOUT = 4;
    static final short POLLNVAL = 0x20;

    // sockets
    static final int AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SOCK_CLOEXEC = O_CLOEXEC;
    static final int SOCK_NONBLOCK = O_NONBLOCK;
    static final int SOL_SOCKET = 1;
    static final int SCM_RIGHTS = 1;
    static final int SO_PEERCRED = 17;
    static final int SO_ACCEPTCONN = 30;
    static final int MSG_CTRUNC = 8;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_CMSG_CLOEXEC = 0x40000000;
    static final int SHUT_RDWR = 2;

    static final int AF_NETLINK = 16;
    static final int SOCK_RAW = 3;
    static final int NETLINK_ROUTE = 0;
    static final int RTMGRP_LINK = 1;

    // network interfaces: struct ifreq has the name in front
    static final int IFNAMSIZ = 16;
    static final int IFREQ_SIZE_OF_STRUCT = 40;
    static final int IFREQ_FLAGS_OFFSET = 16;
    static final long SIOCGIFFLAGS = 0x8913L;
    static final int IFF_UP = 1;

    // TUN and TAP
    static final long TUNSETIFF = 0x400454caL;
    static final long TUNSETOFFLOAD = 0x400454d0L;
    static final long TUNSETVNETHDRSZ = 0x400454d8L;
    static final short IFF_TAP = 2;
    static final short IFF_NO_PI = 0x1000;
    static final short IFF_VNET_HDR = 0x4000;

    // flock
    static final int LOCK_EX = 2;
    static final int LOCK_NB = 4;

    private Constants() {}
}
