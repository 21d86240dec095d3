// venturi/core/heap.hpp
//
// What the C library does with freed memory, for programs of ours (a library leaves it alone).
#pragma once

namespace venturi::core {

// Arrays of some megabytes come and go at every step of a training, and in every estimate. By
// default glibc hands each back to the kernel, which then faults fresh pages in one by one: on a
// virtual machine that costs a fifth of a training step, makes two threads slower than one there,
// and keeps an estimate of 12 ms at 1.6 times the speed on two threads. Call once, at the start of
// main: blocks under 32 MiB are then kept for reuse, up to 1 GiB of them. No-op without glibc.
void keep_freed_memory();

}  // namespace venturi::core
