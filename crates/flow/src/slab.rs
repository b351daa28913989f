//! Flows in fixed places, so that a handle stays good while the table grows.

/// Names a flow of one table. A handle outlives its flow harmlessly: it then finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowHandle {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

/// Slots a chunk holds: growing moves nothing, and costs one chunk at a time.
const CHUNK: usize = 256;

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

/// A growing array of places, the free ones reused last in first out.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    chunks: Vec<Vec<Slot<T>>>,
    free: Vec<u32>,
    len: usize,
}

impl<T> Slab<T> {
    /// Bytes a value takes in the slab.
    pub(crate) const SLOT_SIZE: usize = size_of::<Slot<T>>();

    pub(crate) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            free: Vec::new(),
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many places exist, free ones included.
    pub(crate) fn places(&self) -> u32 {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        let last = self.chunks.last().map_or(0, Vec::len);
        u32::try_from(full + last).unwrap_or(u32::MAX)
    }

    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        let index = index as usize;
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    fn slot_mut(&mut self, index: u32) -> Option<&mut Slot<T>> {
        let index = index as usize;
        self.chunks.get_mut(index / CHUNK)?.get_mut(index % CHUNK)
    }

    /// Stores a value; `None` when all 2^32 places are taken.
    pub(crate) fn insert(&mut self, value: T) -> Option<FlowHandle> {
        if let Some(index) = self.free.pop() {
            let slot = self.slot_mut(index)?;
            slot.value = Some(value);
            let generation = slot.generation;
            self.len += 1;
            return Some(FlowHandle { index, generation });
        }
        let index = self.places();
        if index == u32::MAX {
            return None;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        self.chunks.last_mut()?.push(Slot {
            generation: 0,
            value: Some(value),
        });
        self.len += 1;
        Some(FlowHandle {
            index,
            generation: 0,
        })
    }

    pub(crate) fn get(&self, handle: FlowHandle) -> Option<&T> {
        let slot = self.slot(handle.index)?;
        if slot.generation == handle.generation {
            slot.value.as_ref()
        } else {
            None
        }
    }

    pub(crate) fn get_mut(&mut self, handle: FlowHandle) -> Option<&mut T> {
        let slot = self.slot_mut(handle.index)?;
        if slot.generation == handle.generation {
            slot.value.as_mut()
        } else {
            None
        }
    }

    /// The value at a place, whatever its generation.
    pub(crate) fn at(&self, index: u32) -> Option<&T> {
        self.slot(index)?.value.as_ref()
    }

    /// The handle of the value at a place.
    pub(crate) fn handle_at(&self, index: u32) -> Option<FlowHandle> {
        let slot = self.slot(index)?;
        slot.value.as_ref().map(|_| FlowHandle {
            index,
            generation: slot.generation,
        })
    }

    pub(crate) fn remove(&mut self, handle: FlowHandle) -> Option<T> {
        let slot = self.slot_mut(handle.index)?;
        if slot.generation != handle.generation {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(handle.index);
        self.len -= 1;
        Some(value)
    }

    /// Every handle in use, by place.
    pub(crate) fn handles(&self) -> impl Iterator<Item = FlowHandle> + '_ {
        (0..self.places()).filter_map(|index| self.handle_at(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_handle_finds_nothing() {
        let mut slab = Slab::new();
        let first = slab.insert("a").unwrap();
        assert_eq!(slab.remove(first), Some("a"));
        let second = slab.insert("b").unwrap();
        assert_eq!(first.index, second.index);
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.get(second), Some(&"b"));
        assert_eq!(slab.len(), 1);
    }

    #[test]
    fn growing_moves_no_value() {
        let mut slab = Slab::new();
        let handles: Vec<_> = (0..1000).map(|n| slab.insert(n).unwrap()).collect();
        for (n, handle) in handles.iter().enumerate() {
            assert_eq!(slab.get(*handle), Some(&n));
        }
        assert_eq!(slab.places(), 1000);
    }
}
