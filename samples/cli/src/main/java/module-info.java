// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** The command line of the samples. */
@NullMarked
module dev.paravirt.cli {
    requires static org.jspecify;
    requires dev.paravirt.backend;
    requires dev.paravirt.toyos;
    requires HdrHistogram;
    requires info.picocli;
    requires org.slf4j;
    requires dev.paravirt.guest;

    opens dev.paravirt.cli to
            info.picocli;
}
