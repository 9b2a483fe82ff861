// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.WriteOrder;
import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A mounted FAT32 volume. Paths are names from the root down, parted by {@code /}, found without regard to case.
 *
 * <p>Each change is made in the cache at once, and is durable after {@link #sync}. In between, blocks reach the disk in
 * the order data, allocation table, directory; a crash can lose what was not synced, and clusters, but never lets two
 * files share one. Not thread-safe: one task at a time, from start to end of a call.
 */
public final class Fat32Volume implements AutoCloseable {
    /** Whether a volume is mounted for reading alone. A damaged volume can still be read. */
    public enum Access {
        READ_ONLY,
        READ_WRITE
    }

    private final BlockCache cache;
    private final LongSupplier clock;
    private final boolean writable;
    private final BootSector boot;
    private final AllocationTable table;
    private final FsInfo fsInfo;
    private final Map<Long, FatFile> openFiles = new HashMap<>();
    private final boolean clean;
    private boolean mounted = true;

    private Fat32Volume(BlockCache cache, LongSupplier clock, Access access) throws IOException {
        this.cache = cache;
        this.clock = clock;
        writable = access == Access.READ_WRITE;
        boot = BootSector.read(cache);
        table = AllocationTable.load(cache, boot, this::sync);
        fsInfo = new FsInfo(cache, boot.fsInfoOffset());
        boolean wasClean = table.markedClean() && (stateFlags() & 1) == 0;
        clean = !writable || wasClean || recovered().faultless();
    }

    /**
     * Mounts the volume that fills the disk under {@code cache}. One that was not unmounted is checked whole, and
     * what a crash left half done in its allocation table is mended.
     *
     * @param clock milliseconds since 1970, UTC
     * @throws FileSystemException {@link Reason#NOT_FAT32}, {@link Reason#READ_ONLY} if the disk cannot be written, or
     *     {@link Reason#CORRUPT} if writing could do more harm
     */
    public static Fat32Volume mount(BlockCache cache, LongSupplier clock, Access access) throws IOException {
        if (access == Access.READ_WRITE && cache.volume().readOnly()) {
            throw new FileSystemException(Reason.READ_ONLY, "the disk is read-only; mount it for reading alone");
        }
        Fat32Volume volume = new Fat32Volume(cache, clock, access);
        if (volume.writable) {
            String damage = volume.table.damage();
            if (damage != null) {
                throw FileSystemException.corrupt(damage);
            }
            volume.mark(false);
            cache.sync();
        }
        return volume;
    }

    private VolumeCheck recovered() throws IOException {
        table.recover();
        VolumeCheck check = check();
        if (!check.problems().isEmpty()) {
            throw FileSystemException.corrupt(check.problems().getFirst());
        }
        return check;
    }

    /** Walks through the whole volume and compares directories with the allocation table. Changes nothing. */
    public VolumeCheck check() throws IOException {
        return VolumeCheck.run(this);
    }

    public String label() {
        return boot.label();
    }

    public VolumeSpace space() {
        return new VolumeSpace(boot.clusterSize(), boot.clusterCount(), table.free() + table.pending());
    }

    public List<FileStatus> list(String path) throws IOException {
        List<FileStatus> found = new ArrayList<>();
        DirectoryCursor cursor = new DirectoryCursor(directory(Path.of(path)));
        for (DirectoryEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            found.add(entry.status());
        }
        return found;
    }

    public FileStatus stat(String path) throws IOException {
        Path parsed = Path.of(path);
        return parsed.isRoot()
                ? new FileStatus("/", true, !writable, 0, 0, 0)
                : entry(parsed).status();
    }

    /** Opens a file that is there. */
    public FatFile open(String path) throws IOException {
        DirectoryEntry entry = entry(Path.of(path));
        if (entry.isDirectory()) {
            throw new FileSystemException(Reason.IS_A_DIRECTORY, path + " is a directory");
        }
        FatFile open = openFiles.get(entry.shortSlotOffset());
        return open != null ? open.openAgain() : opened(entry);
    }

    /** Makes an empty file where no name is yet, and opens it. */
    public FatFile create(String path) throws IOException {
        checkWritable();
        Path parsed = Path.of(path);
        Directory parent = parentForNew(parsed);
        long now = now();
        return opened(parent.add(parsed.name(), DirectoryEntry.ARCHIVE, 0, 0, now, now));
    }

    public void makeDirectory(String path) throws IOException {
        checkWritable();
        Path parsed = Path.of(path);
        Directory parent = parentForNew(parsed);
        ClusterChain chain = new ClusterChain(table, 0, path);
        DirectorySlots slots = new DirectorySlots(cache, boot, chain);
        slots.grow();
        long now = now();
        slots.write(0, SlotFormat.create(ShortName.of(".", ""), DirectoryEntry.DIRECTORY, chain.head(), 0, now, now));
        slots.write(
                1,
                SlotFormat.create(
                        ShortName.of("..", ""), DirectoryEntry.DIRECTORY, clusterNamedBy(parent), 0, now, now));
        try {
            parent.add(parsed.name(), DirectoryEntry.DIRECTORY, chain.head(), 0, now, now);
        } catch (FileSystemException notAdded) {
            chain.truncate(0);
            throw notAdded;
        }
    }

    /** Deletes a file that nobody has open. */
    public void delete(String path) throws IOException {
        checkWritable();
        DirectoryEntry entry = entry(Path.of(path));
        if (entry.isDirectory()) {
            throw new FileSystemException(Reason.IS_A_DIRECTORY, path + " is a directory");
        }
        checkRemovable(entry);
        remove(entry);
    }

    public void removeDirectory(String path) throws IOException {
        checkWritable();
        Path parsed = Path.of(path);
        if (parsed.isRoot()) {
            throw new FileSystemException(Reason.BUSY, "the root directory stays");
        }
        DirectoryEntry entry = entry(parsed);
        if (!directoryOf(entry).isEmpty()) {
            throw new FileSystemException(Reason.NOT_EMPTY, path + " is not empty");
        }
        remove(entry);
    }

    /**
     * Gives a file or directory another name, in the same directory or elsewhere. Open files stay open.
     *
     * @param replace whether a file that has the new name is deleted; a directory never is
     */
    public void rename(String from, String to, boolean replace) throws IOException {
        checkWritable();
        Path source = Path.of(from);
        Path target = Path.of(to);
        DirectoryEntry entry = entry(source);
        LongName.check(target.name());
        if (entry.isDirectory() && target.isBelow(source)) {
            throw new FileSystemException(Reason.INVALID_ARGUMENT, from + " cannot be moved into itself");
        }
        Directory parent = directory(target.parent());
        DirectoryEntry existing = parent.find(target.name());
        DirectoryEntry replaced =
                existing != null && existing.shortSlotOffset() != entry.shortSlotOffset() ? existing : null;
        if (replaced != null) {
            checkReplaceable(replaced, to, replace);
        }
        DirectoryEntry moved = parent.add(
                target.name(),
                entry.attributes(),
                entry.firstCluster(),
                entry.size(),
                entry.created(),
                entry.modified());
        if (replaced != null) {
            remove(replaced);
        }
        if (entry.isDirectory() && entry.directory() != moved.directory()) {
            directoryOf(entry).setParent(clusterNamedBy(parent));
        }
        // A crash in between leaves both names, which a check finds; without the first sync it could leave none.
        cache.sync();
        directoryAt(entry.directory()).remove(entry);
        cache.sync();
        FatFile open = openFiles.remove(entry.shortSlotOffset());
        if (open != null) {
            open.moved(moved);
            openFiles.put(moved.shortSlotOffset(), open);
        }
    }

    /** Makes all changes so far durable, and what deleted files took usable. */
    public void sync() throws IOException {
        if (!writable) {
            return;
        }
        fsInfo.update(table.free(), table.hint());
        cache.sync();
        if (table.pending() > 0) {
            table.freePending();
            fsInfo.update(table.free(), table.hint());
            cache.sync();
        }
    }

    /** Unmounts: all open files must be closed before. A second call does nothing. */
    @Override
    public void close() throws IOException {
        if (!mounted) {
            return;
        }
        if (!openFiles.isEmpty()) {
            throw new FileSystemException(
                    Reason.BUSY,
                    openFiles.size() + " files are open, one is "
                            + openFiles.values().iterator().next().name());
        }
        sync();
        if (writable && clean) {
            mark(true);
            cache.sync();
        }
        mounted = false;
    }

    long now() {
        return clock.getAsLong();
    }

    BootSector boot() {
        return boot;
    }

    AllocationTable table() {
        return table;
    }

    Directory directoryAt(int cluster) throws IOException {
        ClusterChain chain = new ClusterChain(table, cluster, "a directory");
        if (cluster == 0) {
            throw FileSystemException.corrupt("a directory has no cluster");
        }
        return new Directory(new DirectorySlots(cache, boot, chain), cluster);
    }

    void closed(DirectoryEntry entry) {
        openFiles.remove(entry.shortSlotOffset());
    }

    void checkWritable() throws FileSystemException {
        if (!writable || !mounted) {
            throw new FileSystemException(
                    Reason.READ_ONLY, mounted ? "the volume is mounted for reading alone" : "the volume is unmounted");
        }
    }

    private FatFile opened(DirectoryEntry entry) throws IOException {
        FatFile file = new FatFile(this, cache, boot, table, entry);
        openFiles.put(entry.shortSlotOffset(), file);
        return file;
    }

    private DirectoryEntry entry(Path path) throws IOException {
        DirectoryEntry found = path.isRoot() ? null : directory(path.parent()).find(path.name());
        if (found == null) {
            throw path.isRoot()
                    ? new FileSystemException(Reason.IS_A_DIRECTORY, "/ is the root directory")
                    : new FileSystemException(Reason.NOT_FOUND, path + " does not exist");
        }
        return found;
    }

    private Directory directory(Path path) throws IOException {
        Directory directory = directoryAt(boot.rootCluster());
        for (String name : path.names()) {
            DirectoryEntry entry = directory.find(name);
            if (entry == null) {
                throw new FileSystemException(Reason.NOT_FOUND, path + " does not exist: no " + name);
            }
            directory = directoryOf(entry);
        }
        return directory;
    }

    private Directory directoryOf(DirectoryEntry entry) throws IOException {
        if (!entry.isDirectory()) {
            throw new FileSystemException(Reason.NOT_A_DIRECTORY, entry.name() + " is not a directory");
        }
        return directoryAt(entry.firstCluster());
    }

    private Directory parentForNew(Path path) throws IOException {
        if (path.isRoot()) {
            throw new FileSystemException(Reason.ALREADY_EXISTS, "/ is the root directory");
        }
        LongName.check(path.name());
        Directory parent = directory(path.parent());
        if (parent.find(path.name()) != null) {
            throw new FileSystemException(Reason.ALREADY_EXISTS, path + " exists");
        }
        return parent;
    }

    private void checkReplaceable(DirectoryEntry existing, String path, boolean replace) throws FileSystemException {
        if (!replace) {
            throw new FileSystemException(Reason.ALREADY_EXISTS, path + " exists");
        }
        if (existing.isDirectory()) {
            throw new FileSystemException(Reason.IS_A_DIRECTORY, path + " is a directory");
        }
        checkRemovable(existing);
    }

    private void checkRemovable(DirectoryEntry entry) throws FileSystemException {
        if (openFiles.containsKey(entry.shortSlotOffset())) {
            throw new FileSystemException(Reason.BUSY, entry.name() + " is open");
        }
        if (entry.isReadOnly()) {
            throw new FileSystemException(Reason.READ_ONLY, entry.name() + " is marked read-only");
        }
    }

    private void remove(DirectoryEntry entry) throws IOException {
        ClusterChain chain = new ClusterChain(table, entry.firstCluster(), "\"" + entry.name() + "\"");
        directoryAt(entry.directory()).remove(entry);
        chain.truncate(0);
    }

    /** How ".." names a directory: the root as 0. */
    private int clusterNamedBy(Directory parent) {
        return parent.firstCluster() == boot.rootCluster() ? 0 : parent.firstCluster();
    }

    private int stateFlags() throws IOException {
        return cache.getInt(BootSector.STATE_FLAGS_OFFSET & ~3) >>> (BootSector.STATE_FLAGS_OFFSET & 3) * 8 & 0xFF;
    }

    private void mark(boolean isClean) throws IOException {
        table.markClean(isClean);
        byte[] flags = {(byte) (isClean ? stateFlags() & ~1 : stateFlags() | 1)};
        cache.write(BootSector.STATE_FLAGS_OFFSET, flags, 0, 1, WriteOrder.ALLOCATION);
    }
}
