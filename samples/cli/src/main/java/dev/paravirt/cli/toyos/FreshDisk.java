// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.fat32.Fat32Formatter;
import dev.paravirt.toyos.fat32.Fat32Volume;
import dev.paravirt.toyos.fat32.FatFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/** A disk for those who bring none: in memory, with a FAT32 volume and a few files to look at. */
public final class FreshDisk {
    private static final long SIZE = 64L << 20;
    private static final int CACHE = 1 << 20;
    private static final String LABEL = "TOYOS";

    private static final String README = """
            This is the toy OS of paravirt, in Java like the hypervisor that it runs on.

            The disk is in memory and gone when you leave; start it with --disk IMG to keep one.
            Everything that you read and write here went through virtqueues: iostat counts it.

            Some things to try:

              ls -l                                   files, with sizes and dates
              cat poems/ozymandias.txt | grep sand
              dd if=/dev/zero of=/dev/scratch bs=64k count=500
              blockbench all 1,32 4096 300            measures the scratch disk
              sleep 10000 &                           then: jobs, ps, kill, fg
              write big.bin 5000000 1 && sha256 big.bin && df

            Tab completes, the arrows bring lines back, Ctrl-C ends what runs, Ctrl-D ends the machine.
            """;

    private static final String OZYMANDIAS = """
            I met a traveller from an antique land,
            Who said: "Two vast and trunkless legs of stone
            Stand in the desert. Near them, on the sand,
            Half sunk a shattered visage lies, whose frown,
            And wrinkled lip, and sneer of cold command,
            Tell that its sculptor well those passions read
            Which yet survive, stamped on these lifeless things,
            The hand that mocked them, and the heart that fed;
            And on the pedestal, these words appear:
            My name is Ozymandias, King of Kings;
            Look on my Works, ye Mighty, and despair!
            Nothing beside remains. Round the decay
            Of that colossal Wreck, boundless and bare
            The lone and level sands stretch far away."

            (Percy Bysshe Shelley, 1818)
            """;

    private FreshDisk() {}

    /** A new one. */
    public static BlockImage create() throws IOException {
        MemoryImage image = new MemoryImage(SIZE);
        format(image);
        return image;
    }

    static void format(BlockImage image) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            ImageVolume disk = new ImageVolume(image, arena);
            Fat32Formatter.format(new BlockCache(disk, CACHE), LABEL, (int) System.nanoTime());
            try (Fat32Volume volume = Fat32Volume.mount(
                    new BlockCache(disk, CACHE), System::currentTimeMillis, Fat32Volume.Access.READ_WRITE)) {
                write(volume, "/README.TXT", README);
                volume.makeDirectory("/poems");
                write(volume, "/poems/ozymandias.txt", OZYMANDIAS);
                write(
                        volume,
                        "/poems/\u53e4\u6c60.txt",
                        "\u53e4\u6c60\u3084\u86d9\u98db\u3073\u3053\u3080\u6c34\u306e\u97f3\n");
                volume.makeDirectory("/tmp");
            }
        }
    }

    private static void write(Fat32Volume volume, String path, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try (FatFile file = volume.create(path)) {
            file.write(0, bytes, 0, bytes.length);
        }
    }
}
