// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import dev.paravirt.integration.vhostuser.Command;
import dev.paravirt.integration.vhostuser.DebianPackages;
import java.io.IOException;
import java.nio.file.Path;

/** The vhost-user block device that comes with QEMU's source as an example: built here, from Debian's package. */
final class ExampleBackEnd {
    /** In place of a header that QEMU's own build configures. */
    private static final String BUILD = """
            tar -xf source.tar --wildcards --strip-components=1 '*/contrib/vhost-user-blk/*' \
              '*/subprojects/libvhost-user/*' '*/include/standard-headers/*' '*/include/qemu/*'
            rm source.tar
            mkdir -p own/qemu built
            for header in qemu/compiler.h assert.h errno.h fcntl.h glib.h inttypes.h stdbool.h stddef.h stdint.h stdio.h \
              stdlib.h string.h sys/stat.h sys/types.h sys/socket.h sys/un.h sys/uio.h unistd.h; do
              echo "#include <$header>" >> own/qemu/osdep.h
            done
            library=subprojects/libvhost-user
            gcc -O2 -w -D_GNU_SOURCE -o built/vhost-user-blk -Iown -Iinclude -I$library $(pkg-config --cflags glib-2.0) \
              contrib/vhost-user-blk/vhost-user-blk.c $library/libvhost-user.c $library/libvhost-user-glib.c \
              $(pkg-config --libs glib-2.0) -pthread
            """;

    private ExampleBackEnd() {}

    /** Skips or fails the test if it cannot be built. */
    static Path require() throws IOException, InterruptedException {
        Command.require("gcc", "gcc");
        Command.require("pkg-config", "libglib2.0-dev");
        return DebianPackages.build("qemu", "vhost-user-blk", BUILD);
    }
}
