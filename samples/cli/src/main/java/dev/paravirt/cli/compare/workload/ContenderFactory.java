// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import java.util.List;

/** The workloads of one family, and who does them. */
interface ContenderFactory {
    List<Workload> workloads();

    /** The contenders of one of these workloads; the others will be compared with the first. */
    List<Contender> contenders(Workload workload, Drivers drivers);
}
